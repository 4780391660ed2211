//! Statements to text: Redshift's SQL.
//!
//! What is printed parses back to the same value. The catalog keeps defaults and views so, and EXPLAIN and SHOW print
//! them. Parentheses stand only where the levels of [`crate::precedence`] ask for them.

mod access;
mod copy;
mod expr;
mod external;
mod grant;
mod model;
mod policy;
mod query;
mod routine;
mod session;
mod show;
mod statement;
mod table;
mod table_ref;

use std::fmt;

use crate::ast::IamRole;

/// `a, b, c`
fn comma_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// `a, b, c`
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        comma_list(f, self.0)
    }
}

/// What may be left out, with a blank and these words before it.
struct Clause<'a, T>(&'a str, &'a Option<T>);

impl<T: fmt::Display> fmt::Display for Clause<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Clause(words, Some(value)) => write!(f, " {words} {value}"),
            Clause(_, None) => Ok(()),
        }
    }
}

/// The same for strings.
struct TextClause<'a>(&'a str, &'a Option<String>);

impl fmt::Display for TextClause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextClause(words, Some(text)) => write!(f, " {words} {}", Quoted(text)),
            TextClause(_, None) => Ok(()),
        }
    }
}

/// ` (a, b, c)`, or nothing where there is nothing.
struct Parenthesized<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Parenthesized<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", List(self.0)) }
    }
}

/// `name type, name type`
struct Typed<'a, N, T>(&'a [(N, T)]);

impl<N: fmt::Display, T: fmt::Display> fmt::Display for Typed<'_, N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, ty)) in self.0.iter().enumerate() {
            write!(f, "{}{name} {ty}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// `('name' = 'value', ...)`
struct Properties<'a>(&'a [(String, String)]);

impl fmt::Display for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{} = {}", if index > 0 { ", " } else { "" }, Quoted(name), Quoted(value))?;
        }
        f.write_str(")")
    }
}

/// `'a', 'b'`
struct Texts<'a>(&'a [String]);

impl fmt::Display for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted: Vec<Quoted<'_>> = self.0.iter().map(|text| Quoted(text)).collect();
        comma_list(f, &quoted)
    }
}

/// The words with a blank before them where the flag is set.
fn flag(set: bool, words: &'static str) -> &'static str {
    if set { words } else { "" }
}

fn on_off(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

fn true_false(yes: bool) -> &'static str {
    if yes { "TRUE" } else { "FALSE" }
}

/// What stands behind IAM_ROLE.
impl fmt::Display for IamRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IamRole::Default => f.write_str("default"),
            IamRole::Session => f.write_str("'SESSION'"),
            IamRole::Arn(arn) => write!(f, "{}", Quoted(arn)),
        }
    }
}

/// `(a, b, c)`
fn paren_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    f.write_str("(")?;
    comma_list(f, items)?;
    f.write_str(")")
}

/// A string in quotes, so that the lexer reads the same string.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("'")?;
        for char in self.0.chars() {
            match char {
                '\'' => f.write_str("''")?,
                '\\' => f.write_str("\\\\")?,
                '\0' => f.write_str("\\000")?,
                other => write!(f, "{other}")?,
            }
        }
        f.write_str("'")
    }
}
