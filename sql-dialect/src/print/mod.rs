//! Statements to text: expressions, types and queries as Redshift's SQL.
//!
//! What is printed parses back to the same value. The catalog keeps defaults and views so, and EXPLAIN and SHOW print
//! them. Parentheses stand only where the levels of [`crate::precedence`] ask for them.

mod expr;
mod query;
mod table_ref;

use std::fmt;

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
