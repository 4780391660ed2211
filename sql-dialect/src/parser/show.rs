//! SHOW of parameters and of objects.

use super::Parser;
use crate::{
    ast::{
        BoundArg, BoundName, BoundText, DataCatalog, GrantedObject, NamePart, PoliciesOf, PolicyKind, RoutineKind,
        Show, ShowConstraints, ShowFilter, ShowInDatabase, ShowObjects, ShowPatterns, Statement,
    },
    error::{Error, Result, SqlState},
    lexer::TokenKind,
};

/// Rows that LIMIT of a SHOW command can ask for, at most.
const MAX_SHOWN: u64 = 10_000;

impl Parser<'_> {
    pub(super) fn show(&mut self) -> Result<Statement> {
        self.advance();
        if let Some(objects) = self.show_objects()? {
            return Ok(Statement::ShowObjects(objects));
        }
        let show = if self.eat_word("all") {
            Show::All
        } else if self.eat_words(&["time", "zone"]) {
            Show::Parameter("timezone".to_owned())
        } else if self.eat_words(&["transaction", "isolation", "level"]) {
            Show::Parameter("transaction_isolation".to_owned())
        } else if self.eat_words(&["session", "authorization"]) {
            Show::Parameter("session_authorization".to_owned())
        } else {
            Show::Parameter(self.parameter_name()?)
        };
        Ok(Statement::Show(show))
    }

    /// The forms that show objects; none where a parameter is shown.
    fn show_objects(&mut self) -> Result<Option<ShowObjects>> {
        let start = self.at;
        let word = self.folded_word();
        self.advance();
        // A word that stands alone may be a parameter's name.
        let alone = self.at + 1 == self.tokens.len();
        let objects = match word.as_str() {
            "table" => ShowObjects::Table(self.object_name()?),
            "view" => ShowObjects::View(self.object_name()?),
            "databases" => self.show_databases()?,
            "schemas" => {
                let database = if self.eat_words(&["from", "database"]) { Some(self.bound_name()?) } else { None };
                ShowObjects::Schemas { database, filter: self.show_filter()? }
            }
            "tables" if self.eat_words(&["from", "database"]) => self.show_of_database(ShowInDatabase::Tables)?,
            "columns" if self.eat_words(&["from", "database"]) => self.show_of_database(ShowInDatabase::Columns)?,
            "tables" => {
                let schema = self.bound_behind(&["from", "schema"])?;
                ShowObjects::Tables { schema, filter: self.show_filter()? }
            }
            "columns" => {
                let table = self.bound_behind(&["from", "table"])?;
                ShowObjects::Columns { table, filter: self.show_filter()? }
            }
            "functions" => self.show_routines(RoutineKind::Function)?,
            "procedures" => self.show_routines(RoutineKind::Procedure)?,
            "parameters" => self.show_parameters()?,
            "constraints" => self.show_constraints()?,
            "grants" => self.show_grants()?,
            "column" if self.eat_words(&["grants", "on", "table"]) => {
                let table = self.bound_name()?;
                let principal = if self.eat_word("for") { Some(self.principal()?) } else { None };
                ShowObjects::ColumnGrants { table, principal, filter: self.show_filter()? }
            }
            "rls" if self.eat_word("policies") => self.show_policies(PolicyKind::Rls)?,
            "masking" if self.eat_word("policies") => self.show_policies(PolicyKind::Masking)?,
            "datashares" => ShowObjects::Datashares(self.show_filter()?),
            "external" if self.eat_word("table") => {
                let name = self.object_name()?;
                ShowObjects::ExternalTable { name, partition: self.eat_word("partition") }
            }
            "procedure" if !alone => ShowObjects::Procedure(self.signature()?),
            "model" if !alone => {
                ShowObjects::Model(if self.eat_word("all") { None } else { Some(self.object_name()?) })
            }
            "user" if self.eat_word("lockout") => ShowObjects::UserLockout,
            "template" if !alone => ShowObjects::Template(self.object_name()?),
            "templates" => {
                let schema = self.bound_behind(&["from", "schema"])?;
                ShowObjects::Templates { schema, filter: self.show_filter()? }
            }
            _ => {
                self.at = start;
                return Ok(None);
            }
        };
        Ok(Some(objects))
    }

    fn show_databases(&mut self) -> Result<ShowObjects> {
        if !self.eat_words(&["from", "data", "catalog"]) {
            return Ok(ShowObjects::Databases { catalog: None, filter: self.show_filter()? });
        }
        let accounts = if self.eat_word("account") { self.comma_list(Self::string)? } else { Vec::new() };
        let mut catalog = DataCatalog { accounts, iam_role: None };
        let mut filter = ShowFilter { like: self.optional_like()?, limit: None };
        if self.eat_word("iam_role") {
            catalog.iam_role = Some(self.iam_role_value()?);
        }
        filter.limit = self.optional_limit()?;
        Ok(ShowObjects::Databases { catalog: Some(catalog), filter })
    }

    /// `name [DRIVER_TOKEN 'token'] [WHERE SCHEMA_NAME | TABLE_NAME | COLUMN_NAME LIKE pattern [AND ...]]`
    fn show_of_database(&mut self, what: ShowInDatabase) -> Result<ShowObjects> {
        let database = self.bound_name()?;
        let mut patterns = ShowPatterns::default();
        if self.eat_word("driver_token") {
            patterns.driver_token = Some(self.string()?);
        }
        if self.eat_word("where") {
            loop {
                let place = if self.eat_word("schema_name") {
                    &mut patterns.schema
                } else if self.eat_word("table_name") {
                    &mut patterns.table
                } else {
                    self.expect_word("column_name")?;
                    &mut patterns.column
                };
                self.expect_word("like")?;
                *place = Some(self.pattern()?);
                if !self.eat_word("and") {
                    break;
                }
            }
        }
        Ok(ShowObjects::OfDatabase { what, database, patterns })
    }

    fn show_routines(&mut self, kind: RoutineKind) -> Result<ShowObjects> {
        let schema = self.bound_behind(&["from", "schema"])?;
        Ok(ShowObjects::Routines { kind, schema, filter: self.show_filter()? })
    }

    fn show_parameters(&mut self) -> Result<ShowObjects> {
        self.expect_word("of")?;
        let kind = if self.eat_word("function") {
            RoutineKind::Function
        } else {
            self.expect_word("procedure")?;
            RoutineKind::Procedure
        };
        let name = self.bound_name()?;
        let args = if self.is(TokenKind::LeftParen) { Some(self.bound_args()?) } else { None };
        Ok(ShowObjects::Parameters { kind, name, args, filter: self.show_filter()? })
    }

    /// `([type | $n, ...])`
    fn bound_args(&mut self) -> Result<Vec<BoundArg>> {
        self.expect(TokenKind::LeftParen)?;
        if self.eat(TokenKind::RightParen) {
            return Ok(Vec::new());
        }
        let args = self.comma_list(|parser| {
            if parser.is(TokenKind::Parameter) {
                return parser.parameter_number().map(BoundArg::Parameter);
            }
            parser.routine_arg().map(BoundArg::Arg)
        })?;
        self.expect(TokenKind::RightParen)?;
        Ok(args)
    }

    fn show_constraints(&mut self) -> Result<ShowObjects> {
        let kind = if self.eat_words(&["primary", "keys"]) {
            ShowConstraints::PrimaryKeys
        } else {
            self.expect_words(&["foreign", "keys"])?;
            if self.eat_word("exported") { ShowConstraints::ExportedForeignKeys } else { ShowConstraints::ForeignKeys }
        };
        let table = self.bound_behind(&["from", "table"])?;
        Ok(ShowObjects::Constraints { kind, table, filter: self.show_filter()? })
    }

    fn show_grants(&mut self) -> Result<ShowObjects> {
        if self.eat_word("for") {
            let principal = self.principal()?;
            let database = if self.eat_words(&["from", "database"]) { Some(self.database_name()?) } else { None };
            return Ok(ShowObjects::GrantsFor { principal, database, filter: self.show_filter()? });
        }
        self.expect_word("on")?;
        if self.eat_words(&["tables", "from", "database"]) {
            return self.show_of_database(ShowInDatabase::TableGrants);
        }
        let object = if self.eat_word("database") {
            GrantedObject::Database(self.bound_name()?)
        } else if self.eat_word("schema") {
            GrantedObject::Schema(self.bound_name()?)
        } else if self.eat_word("template") {
            GrantedObject::Template(self.bound_name()?)
        } else if self.eat_word("function") {
            let name = self.bound_name()?;
            let args = if self.is(TokenKind::LeftParen) { Some(self.routine_args()?) } else { None };
            GrantedObject::Function { name, args }
        } else {
            self.eat_word("table");
            GrantedObject::Table(self.bound_name()?)
        };
        let principal = if self.eat_word("for") { Some(self.principal()?) } else { None };
        Ok(ShowObjects::GrantsOn { object, principal, filter: self.show_filter()? })
    }

    fn show_policies(&mut self, kind: PolicyKind) -> Result<ShowObjects> {
        let of = if self.eat_word("on") {
            let name = self.bound_name()?;
            let principal = if self.eat_word("for") { Some(self.principal()?) } else { None };
            Some(PoliciesOf::Table { name, principal })
        } else if self.eat_words(&["from", "database"]) {
            Some(PoliciesOf::Database(self.database_name()?))
        } else {
            None
        };
        Ok(ShowObjects::Policies { kind, of, filter: self.show_filter()? })
    }

    // ---- Names and patterns that may be parameters

    fn bound_behind(&mut self, words: &[&str]) -> Result<BoundName> {
        self.expect_words(words)?;
        self.bound_name()
    }

    /// A name of one to three parts, any of which may be `$n`.
    fn bound_name(&mut self) -> Result<BoundName> {
        let start = self.pos();
        let first = if self.is(TokenKind::Parameter) {
            NamePart::Parameter(self.parameter_number()?)
        } else {
            NamePart::Name(self.database_name()?)
        };
        let mut parts = vec![first];
        while self.eat(TokenKind::Dot) {
            parts.push(if self.is(TokenKind::Parameter) {
                NamePart::Parameter(self.parameter_number()?)
            } else {
                NamePart::Name(self.label()?)
            });
        }
        let name = BoundName(parts);
        if name.0.len() > 3 {
            let message = format!("improper qualified name (too many dotted names): {name}");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message).at(start));
        }
        Ok(name)
    }

    /// `[LIKE pattern] [LIMIT n]`
    fn show_filter(&mut self) -> Result<ShowFilter> {
        Ok(ShowFilter { like: self.optional_like()?, limit: self.optional_limit()? })
    }

    fn optional_like(&mut self) -> Result<Option<BoundText>> {
        if self.eat_word("like") { self.pattern().map(Some) } else { Ok(None) }
    }

    fn pattern(&mut self) -> Result<BoundText> {
        if self.is(TokenKind::Parameter) {
            return self.parameter_number().map(BoundText::Parameter);
        }
        self.string().map(BoundText::Text)
    }

    /// `[LIMIT n]`: "The row_limit can be 0-10,000" on the page of each of these commands.
    fn optional_limit(&mut self) -> Result<Option<u64>> {
        if !self.eat_word("limit") {
            return Ok(None);
        }
        let pos = self.pos();
        let limit = self.unsigned()?;
        if limit > MAX_SHOWN {
            let message = format!("LIMIT must be between 0 and {MAX_SHOWN}");
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message).at(pos));
        }
        Ok(Some(limit))
    }
}
