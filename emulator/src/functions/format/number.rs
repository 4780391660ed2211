//! Templates of numbers.
//!
//! A number is written digit by digit along the template: a 9 without a digit is a blank, a 0 a zero; the sign stands
//! before the first digit, or where S, MI, PL or SG put it.

use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState, types::MAX_PRECISION};

use super::datetime::ordinal_suffix;
use crate::text_input::{InputError, Rounding, parse_numeric, power_of_ten, rescale};

/// A template taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NumberTemplate {
    items: Vec<Item>,
    /// Digits before the point.
    before: usize,
    /// Digits behind the point.
    behind: usize,
    /// Which digit is the first that is a 0 rather than a 9.
    first_zero: Option<usize>,
    /// How many digits behind the point there are up to the last that is a 0.
    last_zero: usize,
    /// FM
    bare: bool,
    /// S before or behind the digits.
    sign: Option<SignPlace>,
    /// PR
    brackets: bool,
    /// MI, SG: no sign before the first digit.
    own_sign: bool,
    /// Digits that V shifts.
    shift: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignPlace {
    Before,
    Behind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Nine,
    Zero,
    Point,
    Group,
    Currency,
    Minus,
    Plus,
    Either,
    Anchored,
    Brackets,
    Roman(Letters),
    Ordinal(Letters),
    Literal(char),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Upper,
    Lower,
}

/// Marks of two letters, in both cases.
const MARKS: &[(&str, Item)] = &[("mi", Item::Minus), ("pl", Item::Plus), ("sg", Item::Either), ("pr", Item::Brackets)];

impl NumberTemplate {
    /// A template; what is no mark stands for itself.
    pub(super) fn compile(text: &str) -> NumberTemplate {
        let mut template = NumberTemplate::default();
        let mut rest = text;
        let mut point = false;
        let mut shifted = false;
        while let Some(first) = rest.chars().next() {
            let two = rest.get(..2).unwrap_or_default().to_lowercase();
            let mut taken = first.len_utf8();
            let item = match (two.as_str(), first.to_ascii_lowercase()) {
                ("fm", _) => {
                    template.bare = true;
                    rest = &rest[2..];
                    continue;
                }
                ("rn", _) => Item::Roman(letters(first)),
                ("th", _) => Item::Ordinal(letters(first)),
                (two, _) if MARKS.iter().any(|(mark, _)| *mark == two) => {
                    MARKS.iter().find(|(mark, _)| *mark == two).map_or(Item::Literal(first), |(_, item)| *item)
                }
                (_, '9') => Item::Nine,
                (_, '0') => Item::Zero,
                (_, '.' | 'd') => Item::Point,
                (_, ',' | 'g') => Item::Group,
                (_, 'l') => Item::Currency,
                (_, 's') => Item::Anchored,
                (_, 'v') => {
                    shifted = true;
                    rest = &rest[1..];
                    continue;
                }
                (_, '"') => {
                    let quoted = rest[1..].split('"').next().unwrap_or_default();
                    template.items.extend(quoted.chars().map(Item::Literal));
                    rest = rest.get(quoted.len() + 2..).unwrap_or_default();
                    continue;
                }
                _ => Item::Literal(first),
            };
            if matches!(
                item,
                Item::Minus | Item::Plus | Item::Either | Item::Brackets | Item::Roman(_) | Item::Ordinal(_)
            ) {
                taken = 2;
            }
            template.note(item, &mut point, shifted);
            template.items.push(item);
            rest = &rest[taken..];
        }
        template
    }

    fn note(&mut self, item: Item, point: &mut bool, shifted: bool) {
        let digits = self.before + self.behind;
        match item {
            Item::Nine | Item::Zero => {
                if item == Item::Zero && self.first_zero.is_none() && !*point {
                    self.first_zero = Some(digits);
                }
                if *point {
                    self.behind += 1;
                } else {
                    self.before += 1;
                }
                if *point && item == Item::Zero {
                    self.last_zero = self.behind;
                }
                self.shift += usize::from(shifted);
            }
            Item::Point => *point = true,
            Item::Anchored => self.sign = Some(if digits == 0 { SignPlace::Before } else { SignPlace::Behind }),
            Item::Brackets => self.brackets = true,
            // A minus stands before the first digit beside PL, which is a place for the plus alone.
            Item::Minus | Item::Either => self.own_sign = true,
            _ => {}
        }
    }

    /// The DECIMAL that TO_NUMBER makes with it.
    pub(super) fn precision_and_scale(&self) -> (u8, u8) {
        let scale = self.behind.min(37) as u8;
        let precision = (self.before + self.behind).clamp(1, usize::from(MAX_PRECISION)) as u8;
        (precision.max(scale), scale)
    }

    /// A DECIMAL of this scale.
    pub(super) fn format_decimal(&self, value: i128, scale: u8) -> Result<String> {
        if let Some(letters) = self.roman() {
            let whole = rescale(value, scale, 0, Rounding::HalfAwayFromZero).unwrap_or(0);
            return Ok(self.roman_number(whole, letters));
        }
        let overflow = || Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "Numeric data overflow (result precision)");
        let value = value.checked_mul(power_of_ten(self.shift as u32)).ok_or_else(overflow)?;
        let behind = self.behind.min(37) as u8;
        let rounded = rescale(value, scale, behind, Rounding::HalfAwayFromZero).ok_or_else(overflow)?;
        let digits = format!("{:0>width$}", rounded.unsigned_abs(), width = usize::from(behind) + 1);
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(behind));
        Ok(self.write(value < 0 && rounded != 0, whole, fraction))
    }

    /// A float, with fifteen digits at most.
    pub(super) fn format_float(&self, value: f64) -> Result<String> {
        if let Some(letters) = self.roman() {
            return Ok(self.roman_number(value.round() as i128, letters));
        }
        let shifted = value * 10_f64.powi(self.shift as i32);
        let text = format!("{:.*}", self.behind, shifted.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        Ok(self.write(value < 0.0, whole, fraction))
    }

    fn roman(&self) -> Option<Letters> {
        self.items.iter().find_map(|item| match item {
            Item::Roman(letters) => Some(*letters),
            _ => None,
        })
    }

    fn roman_number(&self, value: i128, letters: Letters) -> String {
        let text = if (1..4000).contains(&value) { roman_numeral(value as u32) } else { "#".repeat(15) };
        let text = if letters == Letters::Lower { text.to_lowercase() } else { text };
        if self.bare { text } else { format!("{text:>15}") }
    }

    fn write(&self, negative: bool, whole: &str, fraction: &str) -> String {
        let fits = whole.len() <= self.before || (whole == "0" && self.before == 0);
        let too_long = ("#".repeat(self.before), "#".repeat(self.behind));
        let (whole, fraction) = if fits { (whole, fraction) } else { (too_long.0.as_str(), too_long.1.as_str()) };
        let whole = if self.before == 0 { "" } else { whole };
        let kept = if self.bare { fraction.trim_end_matches('0').len().max(self.last_zero) } else { fraction.len() };
        let mut writer = Writer {
            template: self,
            negative,
            whole: whole.as_bytes(),
            fraction: fraction.as_bytes(),
            kept,
            blanks: self.before - whole.len(),
            place: 0,
            behind: 0,
            started: false,
            signed: self.own_sign,
            out: String::new(),
        };
        for item in &self.items {
            writer.item(*item);
        }
        writer.out
    }

    /// Reads a number: digits, a point, signs; separators and currency symbols are skipped.
    pub(super) fn parse(&self, text: &str, precision: u8, scale: u8) -> Result<i128, InputError> {
        let mut plain = String::with_capacity(text.len() + 1);
        let (mut negative, mut point) = (false, false);
        let has_point = self.items.contains(&Item::Point);
        for c in text.chars() {
            match c {
                '0'..='9' => plain.push(c),
                '.' if !point && has_point => {
                    point = true;
                    plain.push('.');
                }
                '.' => break,
                '-' | '<' => negative = true,
                '+' | '>' | ',' | '$' | ' ' => {}
                // Letters are part of the number nowhere but in the template's own text.
                c if self.items.contains(&Item::Literal(c)) => {}
                _ => plain.push(c),
            }
        }
        if negative {
            plain.insert(0, '-');
        }
        parse_numeric(&plain, precision, scale, Rounding::HalfAwayFromZero).map_err(|error| InputError {
            text: text.to_string(),
            ty: RedshiftType::numeric(precision, scale),
            ..error
        })
    }
}

fn letters(first: char) -> Letters {
    if first.is_ascii_uppercase() { Letters::Upper } else { Letters::Lower }
}

struct Writer<'a> {
    template: &'a NumberTemplate,
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    /// How many digits behind the point FM leaves.
    kept: usize,
    /// Digits of the template that the number has none for.
    blanks: usize,
    /// The digit of the template that comes next, before the point.
    place: usize,
    /// The digit behind the point that comes next.
    behind: usize,
    /// Was a digit written?
    started: bool,
    /// Was the sign written, or is it another's?
    signed: bool,
    out: String,
}

impl Writer<'_> {
    fn item(&mut self, item: Item) {
        let bare = self.template.bare;
        match item {
            Item::Literal(c) => self.out.push(c),
            Item::Nine | Item::Zero => self.digit(item),
            Item::Point => {
                self.sign_at_point();
                self.place += 1;
                self.out.push('.');
                self.close_if_done();
            }
            Item::Group if self.started => self.out.push(','),
            Item::Group if !bare => self.out.push(' '),
            Item::Group => {}
            Item::Currency => self.out.push('$'),
            Item::Minus if self.negative => self.out.push('-'),
            Item::Plus if !self.negative => self.out.push('+'),
            Item::Minus | Item::Plus if !bare => self.out.push(' '),
            Item::Minus | Item::Plus => {}
            Item::Either => self.out.push(if self.negative { '-' } else { '+' }),
            Item::Ordinal(letters) if !self.negative && self.template.behind == 0 => {
                let number = std::str::from_utf8(self.whole).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
                let suffix = ordinal_suffix(number);
                self.out.push_str(&if letters == Letters::Upper { suffix.to_uppercase() } else { suffix.to_string() });
            }
            Item::Anchored | Item::Brackets | Item::Roman(_) | Item::Ordinal(_) => {}
        }
    }

    /// A number below one has no digit before the point: `.5`.
    fn hides_zero(&self) -> bool {
        self.whole == b"0" && self.template.behind > 0 && self.template.first_zero.is_none()
    }

    fn sign_at_point(&mut self) {
        if !self.started && !self.signed {
            self.sign();
        }
    }

    fn sign(&mut self) {
        self.signed = true;
        match (self.template.sign, self.template.brackets) {
            (Some(SignPlace::Before), _) => self.out.push(if self.negative { '-' } else { '+' }),
            (Some(SignPlace::Behind), _) => {}
            (None, true) if self.negative => self.out.push('<'),
            (None, true) if self.template.bare => {}
            (None, true) => self.out.push(' '),
            (None, false) if self.negative => self.out.push('-'),
            (None, false) if !self.template.bare => self.out.push(' '),
            (None, false) => {}
        }
    }

    fn digit(&mut self, item: Item) {
        let bare = self.template.bare;
        if self.behind > 0 || self.place > self.template.before {
            let index = self.behind;
            self.behind += 1;
            if index < self.kept || item == Item::Zero || !bare {
                self.out.push(char::from(self.fraction.get(index).copied().unwrap_or(b'0')));
            }
            self.close_if_done();
            return;
        }
        let place = self.place;
        self.place += 1;
        let zero = self.template.first_zero.is_some_and(|first| first <= place);
        let has_digit = place >= self.blanks;
        let shown = has_digit && !self.hides_zero();
        if !self.signed && (shown || zero) {
            self.sign();
        }
        if shown {
            self.out.push(char::from(self.whole[place - self.blanks]));
            self.started = true;
        } else if zero {
            self.out.push('0');
            self.started = true;
        } else if bare && self.hides_zero() && has_digit && self.kept == 0 {
            self.sign_at_point();
            self.out.push('0');
            self.started = true;
        } else if !bare {
            self.out.push(' ');
        }
        if self.template.behind == 0 {
            self.close_if_done();
        }
        // The point ends the whole part.
        if self.place == self.template.before && !self.template.items.contains(&Item::Point) {
            self.place += 1;
        }
    }

    /// Behind the last digit stand a bracket and an anchored sign.
    fn close_if_done(&mut self) {
        let template = self.template;
        if self.behind < template.behind || self.place < template.before {
            return;
        }
        if template.brackets {
            match (self.negative, template.bare) {
                (true, _) => self.out.push('>'),
                (false, false) => self.out.push(' '),
                (false, true) => {}
            }
        } else if template.sign == Some(SignPlace::Behind) {
            self.out.push(if self.negative { '-' } else { '+' });
        }
    }
}

fn roman_numeral(mut number: u32) -> String {
    const NUMERALS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut text = String::new();
    for (value, numeral) in NUMERALS {
        while number >= value {
            text.push_str(numeral);
            number -= value;
        }
    }
    text
}
