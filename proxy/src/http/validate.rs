//! The constraints of the services' models, checked all at once and worded as the services word them.

use super::json_rpc::ApiError;

/// What was found wrong with a request so far.
#[derive(Default)]
pub struct Checks(Vec<String>);

impl Checks {
    /// Nothing yet.
    pub fn new() -> Checks {
        Checks::default()
    }

    fn fail(&mut self, member: &str, value: &str, must: String) {
        self.0.push(format!("Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}"));
    }

    /// It must be there.
    pub fn present<T>(&mut self, member: &str, value: Option<&T>) -> &mut Self {
        if value.is_none() {
            self.0.push(format!("Value null at '{member}' failed to satisfy constraint: Member must not be null"));
        }
        self
    }

    /// A text of so many characters.
    pub fn length(&mut self, member: &str, value: Option<&str>, [least, most]: [usize; 2]) -> &mut Self {
        let Some(value) = value else { return self };
        let length = value.chars().count();
        if length < least {
            self.fail(member, value, format!("have length greater than or equal to {least}"));
        } else if length > most {
            self.fail(member, value, format!("have length less than or equal to {most}"));
        }
        self
    }

    /// A list of so many items.
    pub fn items<T>(&mut self, member: &str, value: Option<&[T]>, [least, most]: [usize; 2]) -> &mut Self {
        let Some(value) = value else { return self };
        if value.len() < least {
            self.fail(member, "[]", format!("have length greater than or equal to {least}"));
        } else if value.len() > most {
            self.fail(member, "[...]", format!("have length less than or equal to {most}"));
        }
        self
    }

    /// A number within bounds.
    pub fn range(&mut self, member: &str, value: Option<i64>, [least, most]: [i64; 2]) -> &mut Self {
        let Some(value) = value else { return self };
        if value < least {
            self.fail(member, &value.to_string(), format!("have value greater than or equal to {least}"));
        } else if value > most {
            self.fail(member, &value.to_string(), format!("have value less than or equal to {most}"));
        }
        self
    }

    /// One of these words.
    pub fn one_of(&mut self, member: &str, value: Option<&str>, words: &[&str]) -> &mut Self {
        if let Some(value) = value.filter(|value| !words.contains(value)) {
            self.fail(member, value, format!("satisfy enum value set: [{}]", words.join(", ")));
        }
        self
    }

    /// A text of the pattern that the model names; `matches` decides.
    pub fn pattern(&mut self, member: &str, value: Option<&str>, pattern: Pattern) -> &mut Self {
        if let Some(value) = value.filter(|value| !pattern.matches(value)) {
            self.fail(member, value, format!("satisfy regular expression pattern: {}", pattern.expression()));
        }
        self
    }

    /// Is everything as it must be?
    ///
    /// # Errors
    /// A ValidationException that names all that is wrong.
    pub fn finish(&mut self) -> Result<(), ApiError> {
        let found = std::mem::take(&mut self.0);
        match found.len() {
            0 => Ok(()),
            1 => Err(ApiError::validation(format!("1 validation error detected: {}", found.join("; ")))),
            many => Err(ApiError::validation(format!("{many} validation errors detected: {}", found.join("; ")))),
        }
    }
}

/// The patterns of the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// A cluster's identifier.
    Cluster,
    /// A workgroup or namespace of Redshift Serverless.
    Serverless,
    /// A parameter of the Data API.
    ParameterName,
}

impl Pattern {
    fn expression(self) -> &'static str {
        match self {
            Pattern::Cluster => "^[a-z]{1}[a-z0-9]*(-[a-z0-9]+)*$",
            Pattern::Serverless => "^[a-z0-9-]+$",
            Pattern::ParameterName => "^[0-9a-zA-Z_]+$",
        }
    }

    /// Does a text have it?
    pub fn matches(self, text: &str) -> bool {
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        match self {
            Pattern::Cluster => {
                text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.split('-').all(|part| !part.is_empty() && part.chars().all(lower))
            }
            Pattern::Serverless => !text.is_empty() && text.chars().all(|c| lower(c) || c == '-'),
            Pattern::ParameterName => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let mut checks = Checks::new();
        checks.range("maxResults", Some(101), [0, 100]).one_of("status", Some("DONE"), &["ALL", "FAILED"]);
        assert_eq!(
            checks.finish().unwrap_err().message,
            "2 validation errors detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have \
             value less than or equal to 100; Value 'DONE' at 'status' failed to satisfy constraint: Member must satisfy \
             enum value set: [ALL, FAILED]"
        );
        assert!(checks.finish().is_ok());
    }

    #[test]
    fn what_is_absent_is_not_wrong_unless_it_must_be_there() {
        assert!(Checks::new().length("a", None, [1, 2]).range("b", None, [1, 2]).finish().is_ok());
        assert!(Checks::new().present::<String>("sql", None).finish().is_err());
    }

    #[test]
    fn names_have_their_patterns() {
        for (name, fits) in
            [("a", true), ("my-cluster-1", true), ("1a", false), ("a--b", false), ("a-", false), ("A", false)]
        {
            assert_eq!(Pattern::Cluster.matches(name), fits, "{name}");
        }
        assert!(Pattern::Serverless.matches("default"));
        assert!(!Pattern::Serverless.matches("De"));
        assert!(Pattern::ParameterName.matches("id_2"));
        assert!(!Pattern::ParameterName.matches("id-2"));
    }
}
