//! Data types: `integer`, `character varying(20)`, `timestamp with time zone`, `pg_catalog.regclass`, `text[]`.

use super::Parser;
use crate::{
    ast::{CastLength, DataType, IntervalField, IntervalQualifier},
    error::{Error, Pos, Result, SqlState},
    lexer::TokenKind,
    names::{Ident, ObjectName},
    types::{
        DEFAULT_VARCHAR, DayTimeUnit, MAX_CHAR, MAX_FRACTION, MAX_PRECISION, MAX_VARBYTE, MAX_VARCHAR, RedshiftType,
        YearMonthUnit,
    },
};

/// Length of a VARBYTE that does not say it.
const DEFAULT_VARBYTE: u32 = 64_000;
/// Digits of a DECIMAL that does not say them.
const DEFAULT_PRECISION: u8 = 18;

impl Parser<'_> {
    /// A type as an expression casts to it.
    ///
    /// TEXT is [`RedshiftType::Text`] here; in the declaration of a column it is VARCHAR(256).
    pub(super) fn data_type(&mut self) -> Result<DataType> {
        let element = self.scalar_type()?;
        if !self.is(TokenKind::LeftBracket) && !self.is_word("array") {
            return Ok(element);
        }
        if !self.eat_word("array") {
            while self.eat(TokenKind::LeftBracket) {
                if self.is(TokenKind::Integer) {
                    self.advance();
                }
                self.expect(TokenKind::RightBracket)?;
            }
        }
        Ok(array_of(element))
    }

    /// The type of a cast, and whether it is a VARCHAR without a length.
    pub(super) fn cast_type(&mut self) -> Result<(DataType, CastLength)> {
        let ty = self.data_type()?;
        let closed = self.at.checked_sub(1).is_some_and(|last| self.tokens[last].kind == TokenKind::RightParen);
        let bare = matches!(ty, DataType::Known(RedshiftType::Varchar(_))) && !closed;
        Ok((ty, if bare { CastLength::Default } else { CastLength::Given }))
    }

    fn scalar_type(&mut self) -> Result<DataType> {
        let start = self.peek();
        let mut first = if is_type_word(&self.folded_word()) { self.label()? } else { self.ident()? };
        if self.is(TokenKind::Dot) {
            let mut parts = vec![first];
            while self.eat(TokenKind::Dot) {
                parts.push(self.label()?);
            }
            if parts.len() != 2 || parts[0].value != "pg_catalog" {
                return Ok(DataType::Named(ObjectName(parts)));
            }
            first = parts.swap_remove(1);
        }
        match self.known_type(&first, start.start)? {
            Some(known) => Ok(DataType::Known(known)),
            None => Ok(DataType::Named(ObjectName(vec![first]))),
        }
    }

    /// One of Redshift's types, its name being taken; with the words and numbers that follow.
    fn known_type(&mut self, name: &Ident, pos: Pos) -> Result<Option<RedshiftType>> {
        use RedshiftType::*;
        if name.quoted && name.value == "char" {
            return Ok(Some(InternalChar));
        }
        Ok(Some(match name.value.as_str() {
            "bool" | "boolean" => Bool,
            "smallint" | "int2" => Int2,
            "integer" | "int" | "int4" => Int4,
            "bigint" | "int8" => Int8,
            "decimal" | "numeric" | "dec" => self.numeric(pos)?,
            "real" | "float4" => Float4,
            "float8" => Float8,
            "float" => self.float(pos)?,
            "double" => {
                self.expect_word("precision")?;
                Float8
            }
            "char" | "character" | "nchar" => self.character(name, pos)?,
            "bpchar" => Char(self.length(pos, "char", MAX_CHAR)?.unwrap_or(DEFAULT_VARCHAR)),
            "varchar" | "nvarchar" => self.varchar(pos)?,
            "national" => {
                if !self.eat_word("character") {
                    self.expect_word("char")?;
                }
                self.character(name, pos)?
            }
            "text" => Text,
            "name" => Name,
            "date" => Date,
            "time" => self.zoned(Time, TimeTz)?,
            "timetz" => self.precision(pos, TimeTz)?,
            "timestamp" => self.zoned(Timestamp, TimestampTz)?,
            // Undocumented but in the examples of CONVERT.
            "datetime" => Timestamp,
            "timestamptz" => self.precision(pos, TimestampTz)?,
            "interval" => match self.interval_qualifier()? {
                Some(qualifier) => interval_type(qualifier),
                None => Interval,
            },
            // The names of the catalog: Amazon's drivers make columns with them.
            "intervaly2m" => RedshiftType::YEAR_TO_MONTH,
            "intervald2s" => RedshiftType::DAY_TO_SECOND,
            "super" => Super,
            "varbyte" | "varbinary" => self.varbyte(pos)?,
            "binary" => {
                self.expect_word("varying")?;
                self.varbyte(pos)?
            }
            "hllsketch" => HllSketch,
            "geometry" => Geometry,
            "geography" => Geography,
            "oid" => Oid,
            "regproc" => RegProc,
            "regprocedure" => RegProcedure,
            "regclass" => RegClass,
            "regtype" => RegType,
            "int2vector" => Int2Vector,
            "oidvector" => OidVector,
            "abstime" => AbsTime,
            "aclitem" => AclItem,
            "unknown" => Unknown,
            _ => return Ok(None),
        }))
    }

    /// `(n)`, `(max)` or nothing.
    fn length(&mut self, pos: Pos, type_name: &str, most: u32) -> Result<Option<u32>> {
        if !self.eat(TokenKind::LeftParen) {
            return Ok(None);
        }
        let length = if self.eat_word("max") { u64::from(most) } else { self.unsigned::<u64>()? };
        self.expect(TokenKind::RightParen)?;
        let wrong = |text: String| Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, text).at(pos));
        match u32::try_from(length) {
            Ok(0) => wrong(format!("length for type {type_name} must be at least 1")),
            Ok(length) if length <= most => Ok(Some(length)),
            _ => wrong(format!("length for type {type_name} cannot exceed {most}")),
        }
    }

    fn varchar(&mut self, pos: Pos) -> Result<RedshiftType> {
        Ok(RedshiftType::Varchar(self.length(pos, "varchar", MAX_VARCHAR)?.unwrap_or(DEFAULT_VARCHAR)))
    }

    fn varbyte(&mut self, pos: Pos) -> Result<RedshiftType> {
        Ok(RedshiftType::Varbyte(self.length(pos, "varbyte", MAX_VARBYTE)?.unwrap_or(DEFAULT_VARBYTE)))
    }

    fn character(&mut self, name: &Ident, pos: Pos) -> Result<RedshiftType> {
        if name.value != "nchar" && self.eat_word("varying") {
            return self.varchar(pos);
        }
        Ok(RedshiftType::Char(self.length(pos, "char", MAX_CHAR)?.unwrap_or(1)))
    }

    fn numeric(&mut self, pos: Pos) -> Result<RedshiftType> {
        if !self.eat(TokenKind::LeftParen) {
            return Ok(RedshiftType::numeric(DEFAULT_PRECISION, 0));
        }
        let precision = self.signed()?;
        let scale = if self.eat(TokenKind::Comma) { self.signed()? } else { 0 };
        self.expect(TokenKind::RightParen)?;
        let wrong = |text: String| Error::new(SqlState::INVALID_PARAMETER_VALUE, text).at(pos);
        if !(1..=i64::from(MAX_PRECISION)).contains(&precision) {
            return Err(wrong(format!("NUMERIC precision {precision} must be between 1 and {MAX_PRECISION}")));
        }
        if precision == i64::from(MAX_PRECISION) && scale == precision {
            return Err(wrong(format!("DECIMAL scale {scale} must be between 0 and 37")));
        }
        if !(0..=precision.min(37)).contains(&scale) {
            return Err(wrong(format!("NUMERIC scale {scale} must be between 0 and precision {precision}")));
        }
        Ok(RedshiftType::numeric(precision as u8, scale as u8))
    }

    /// `FLOAT(n)`: n is in binary digits.
    fn float(&mut self, pos: Pos) -> Result<RedshiftType> {
        if !self.eat(TokenKind::LeftParen) {
            return Ok(RedshiftType::Float8);
        }
        let digits: u64 = self.unsigned()?;
        self.expect(TokenKind::RightParen)?;
        let wrong = |text: &str| Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, text).at(pos));
        match digits {
            0 => wrong("precision for type float must be at least 1 bit"),
            1..=24 => Ok(RedshiftType::Float4),
            25..=53 => Ok(RedshiftType::Float8),
            _ => wrong("precision for type float must be less than 54 bits"),
        }
    }

    /// `[(p)] [WITH | WITHOUT TIME ZONE]`
    fn zoned(&mut self, without: RedshiftType, with: RedshiftType) -> Result<RedshiftType> {
        let plain = self.precision(self.pos(), without)?;
        if self.eat_words(&["with", "time", "zone"]) {
            return Ok(with);
        }
        self.eat_words(&["without", "time", "zone"]);
        Ok(plain)
    }

    /// `(6)`, the only precision that times have.
    fn precision(&mut self, pos: Pos, ty: RedshiftType) -> Result<RedshiftType> {
        if self.is(TokenKind::LeftParen) && self.peek_at(1).kind == TokenKind::Integer {
            self.advance();
            let digits: u64 = self.unsigned()?;
            self.expect(TokenKind::RightParen)?;
            if digits != 6 {
                return Err(Error::unsupported(format!(
                    "precision {digits} of type {} is not supported",
                    ty.base_name()
                ))
                .with_hint("Times and timestamps have 6 digits of fractional seconds.")
                .at(pos));
            }
        }
        Ok(ty)
    }

    /// `YEAR [TO MONTH]`, `DAY [TO SECOND [(n)]]`, ... or nothing.
    pub(super) fn interval_qualifier(&mut self) -> Result<Option<IntervalQualifier>> {
        let Some(from) = self.interval_field() else { return Ok(None) };
        let mut precision = self.second_precision(from)?;
        let mut to = None;
        if self.eat_word("to") {
            let pos = self.at;
            let field = self.interval_field().filter(|field| *field > from).ok_or_else(|| self.unexpected_at(pos))?;
            if (from <= IntervalField::Month) != (field <= IntervalField::Month) {
                return Err(self.unexpected_at(pos));
            }
            precision = self.second_precision(field)?;
            to = Some(field);
        }
        Ok(Some(IntervalQualifier { from, to, precision }))
    }

    fn second_precision(&mut self, field: IntervalField) -> Result<Option<u8>> {
        if field != IntervalField::Second || !self.eat(TokenKind::LeftParen) {
            return Ok(None);
        }
        let pos = self.pos();
        let digits: u8 = self.unsigned()?;
        self.expect(TokenKind::RightParen)?;
        if digits > 6 {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("interval({digits}) precision must be between 0 and 6"),
            )
            .at(pos));
        }
        Ok(Some(digits))
    }

    fn interval_field(&mut self) -> Option<IntervalField> {
        use IntervalField::*;
        let field = match self.folded_word().as_str() {
            "year" | "years" => Year,
            "month" | "months" => Month,
            "day" | "days" => Day,
            "hour" | "hours" => Hour,
            "minute" | "minutes" => Minute,
            "second" | "seconds" => Second,
            _ => return None,
        };
        self.advance();
        Some(field)
    }
}

/// The column type that a qualifier means.
fn interval_type(qualifier: IntervalQualifier) -> RedshiftType {
    let days = RedshiftType::IntervalDayToSecond;
    match qualifier.to.unwrap_or(qualifier.from) {
        IntervalField::Year => RedshiftType::IntervalYearToMonth(YearMonthUnit::Year),
        IntervalField::Month => RedshiftType::YEAR_TO_MONTH,
        IntervalField::Day => days(DayTimeUnit::Day),
        IntervalField::Hour => days(DayTimeUnit::Hour),
        IntervalField::Minute => days(DayTimeUnit::Minute),
        IntervalField::Second => days(DayTimeUnit::Second(qualifier.precision.unwrap_or(MAX_FRACTION))),
    }
}

/// Is this reserved word nevertheless the name of a type?
fn is_type_word(word: &str) -> bool {
    matches!(word, "timestamp" | "interval" | "oid" | "binary")
}

/// The type of the catalog whose elements have this type; Postgres puts an underscore before its name.
fn array_of(element: DataType) -> DataType {
    use RedshiftType::*;
    let underscore = |name: &str| DataType::Named(ObjectName(vec![Ident::new(format!("_{name}"))]));
    match element {
        DataType::Known(Int2) => DataType::Known(Int2Array),
        DataType::Known(Int4) => DataType::Known(Int4Array),
        DataType::Known(Oid) => DataType::Known(OidArray),
        DataType::Known(Text) => DataType::Known(TextArray),
        DataType::Known(InternalChar) => DataType::Known(InternalCharArray),
        DataType::Known(AclItem) => DataType::Known(AclItemArray),
        DataType::Known(other) => underscore(other.internal_name()),
        DataType::Named(mut name) => {
            if let Some(last) = name.0.last_mut() {
                last.value.insert(0, '_');
                last.written = None;
            }
            DataType::Named(name)
        }
    }
}
