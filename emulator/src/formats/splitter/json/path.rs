//! JSONPath expressions and JSONPaths files: developer guide, "Data format parameters" (JSONPath expressions).

use super::{
    super::super::fields::{Fault, Field, Form},
    text::Cursor,
};

/// The way from a document's root to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step from a value to one inside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The member of this key.
    Key(String),
    /// The element of this place, from 0.
    Place(usize),
}

/// What a JSONPaths file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathsFile {
    /// A path for each column.
    Paths(Vec<JsonPath>),
    /// Its object has another key than `jsonpaths`: it is left out of account, and keys are matched with names.
    Auto,
}

impl JsonPath {
    /// Reads `$['store']['book'][0]` or `$.store.book[0]`; the two notations do not mix.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(text: &str) -> Result<JsonPath, String> {
        let invalid = |what: &str| format!("Invalid JSONPath format: {what}: {text}");
        let mut rest = text.trim().strip_prefix('$').ok_or_else(|| invalid("the root '$' is missing"))?;
        let mut steps = Vec::new();
        let (mut dots, mut brackets) = (false, false);
        while !rest.is_empty() {
            if let Some(key) = rest.strip_prefix('.') {
                let end = key.find(['.', '[', ']', '\'']).unwrap_or(key.len());
                let (name, behind) = key.split_at(end);
                if name.is_empty() || name == "*" || behind.starts_with([']', '\'']) {
                    return Err(invalid("a name is missing or is none"));
                }
                steps.push(Step::Key(name.to_string()));
                dots = true;
                rest = behind;
            } else if let Some(inside) = rest.strip_prefix('[') {
                let (step, behind) =
                    bracket(inside).ok_or_else(|| invalid("brackets hold a place or a quoted name"))?;
                brackets |= matches!(step, Step::Key(_));
                steps.push(step);
                rest = behind;
            } else {
                return Err(invalid("a step begins with '.' or '['"));
            }
        }
        if dots && brackets {
            return Err(invalid("bracket notation and dot notation are mixed"));
        }
        Ok(JsonPath { steps })
    }
}

/// `0]` or `'name']` and what is behind it.
fn bracket(inside: &str) -> Option<(Step, &str)> {
    if let Some(name) = inside.strip_prefix('\'') {
        let (name, behind) = name.split_once("']")?;
        return (!name.is_empty()).then(|| (Step::Key(name.to_string()), behind));
    }
    let (place, behind) = inside.split_once(']')?;
    let is_number = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
    Some((Step::Place(place.parse().ok().filter(|_| is_number)?), behind))
}

impl PathsFile {
    /// Reads a JSONPaths file: `{"jsonpaths": ["$.a", "$.b"]}`.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(text: &[u8]) -> Result<PathsFile, String> {
        let invalid = || "Invalid JSONPath format: the file must hold one object with an array of strings".to_string();
        let file: serde_json::Value = serde_json::from_slice(text).map_err(|_| invalid())?;
        let file = file.as_object().ok_or_else(invalid)?;
        let Some(paths) = file.get("jsonpaths") else { return Ok(PathsFile::Auto) };
        let mut parsed = Vec::new();
        let (mut dots, mut brackets) = (false, false);
        for path in paths.as_array().ok_or_else(invalid)? {
            let path = path.as_str().filter(|path| !path.is_empty()).ok_or_else(invalid)?;
            dots |= path.trim().starts_with("$.");
            brackets |= path.trim().starts_with("$['");
            parsed.push(JsonPath::parse(path)?);
        }
        // "You can't mix bracket notation and dot notation in the jsonpaths array."
        if dots && brackets {
            return Err("Invalid JSONPath format: bracket notation and dot notation are mixed".to_string());
        }
        Ok(PathsFile::Paths(parsed))
    }
}

/// The fault of a row whose array has no such element.
pub(super) fn not_an_array() -> Fault {
    Fault::new(1216, "Invalid JSONPath format: Not an array or index out of range.")
}

/// The value that steps lead to; missing where a key is.
pub(super) fn follow(block: &[u8], from: Field, steps: &[Step]) -> Result<Field, Fault> {
    let mut value = from;
    for step in steps {
        if matches!(value.form(), Form::Null | Form::Missing) {
            return Ok(value);
        }
        value = match step {
            Step::Key(key) => member(block, value, key)?,
            Step::Place(place) => element(block, value, *place)?,
        };
    }
    Ok(value)
}

fn member(block: &[u8], value: Field, key: &str) -> Result<Field, Fault> {
    let not_an_object = || Fault::new(1216, "Invalid JSONPath format: Member is not an object.");
    if value.form() != Form::JsonNested || block[value.start()] != b'{' {
        return Err(not_an_object());
    }
    let cursor = Cursor { data: block, at: value.start() };
    // The value was checked when it was passed.
    let mut members = cursor.members().map_err(|_| not_an_object())?;
    let mut found = Field::missing();
    while let Some(candidate) = members.next_key().map_err(|_| not_an_object())? {
        let value = members.value().map_err(|_| not_an_object())?;
        if candidate.value(block, b'"').is_some_and(|name| name.as_ref() == key.as_bytes()) {
            found = value;
        }
    }
    Ok(found)
}

fn element(block: &[u8], value: Field, place: usize) -> Result<Field, Fault> {
    if value.form() != Form::JsonNested || block[value.start()] != b'[' {
        return Err(not_an_array());
    }
    let cursor = Cursor { data: block, at: value.start() };
    let mut elements = cursor.elements().map_err(|_| not_an_array())?;
    for _ in 0..place {
        elements.next_value().ok().flatten().ok_or_else(not_an_array)?;
    }
    elements.next_value().ok().flatten().ok_or_else(not_an_array)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Option<Vec<Step>> {
        JsonPath::parse(text).ok().map(|path| path.steps)
    }

    #[test]
    fn both_notations_are_read() {
        let key = |name: &str| Step::Key(name.to_string());
        assert_eq!(steps("$['store']['book']['title']"), Some(vec![key("store"), key("book"), key("title")]));
        assert_eq!(steps("$.store.book.title"), steps("$['store']['book']['title']"));
        assert_eq!(steps("$['location'][0]"), Some(vec![key("location"), Step::Place(0)]));
        assert_eq!(steps("$.location[0]"), steps("$['location'][0]"));
        assert_eq!(steps("$['a.b c']"), Some(vec![key("a.b c")]));
        assert_eq!(steps("$[12]"), Some(vec![Step::Place(12)]));
    }

    #[test]
    fn what_is_ambiguous_or_mixed_is_refused() {
        for text in
            ["", "a", "$a", "$.", "$..a", "$.*", "$[*]", "$[-1]", "$['a'].b", "$.a['b']", "$['']", "$[0", "$.a'b"]
        {
            assert_eq!(steps(text), None, "{text}");
        }
    }

    #[test]
    fn files_hold_one_object() {
        let file = PathsFile::parse(br#"{"jsonpaths": ["$['id']", "$['name']"]}"#).expect("a file");
        let PathsFile::Paths(paths) = file else { panic!("paths") };
        assert_eq!(paths.len(), 2);
        assert_eq!(PathsFile::parse(br#"{"paths": ["$.a"]}"#), Ok(PathsFile::Auto));
        for wrong in ["", "[]", "{\"jsonpaths\": \"$.a\"}", "{\"jsonpaths\": [\"\"]}", "{\"jsonpaths\": [1]}", "{} {}"]
        {
            assert!(PathsFile::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
