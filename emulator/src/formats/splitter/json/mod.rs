//! JSON: developer guide, "COPY from JSON format".
//!
//! A file holds objects (or, with a JSONPaths file, arrays) back to back with only white space between them. Where one
//! ends is decided by counting brackets outside strings; only then is it read. So an object that is not well formed
//! costs one row, and where a block may be cut does not depend on which objects are well formed. Anything else between
//! objects is a fault of its own, up to the next object or the end of the line.

use std::collections::HashMap;

use super::super::fields::{Fault, Field, FieldTable, Form, MAX_RECORD};

mod path;
mod text;

pub use path::{JsonPath, PathsFile, Step};
pub use text::{compacted, unescaped};

use text::{Cursor, Malformed};

/// How values find their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json {
    mapping: Mapping,
    width: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mapping {
    /// `'noshred'`: the whole object is the only field.
    Whole,
    /// By the keys of the object's first level.
    Keys {
        /// The fields that a key leads to, and the way on from its value: empty for the value itself.
        targets: HashMap<Vec<u8>, Vec<Target>>,
        ignore_case: bool,
    },
    /// By places in the array.
    Places(Vec<(usize, Target)>),
}

/// A field, and the steps to it from a value of the first level.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    field: usize,
    rest: Vec<Step>,
}

impl Json {
    /// `'auto'`: the key of each field is its name, in this case or, for `'auto ignorecase'`, in any.
    pub fn auto<'a>(names: impl IntoIterator<Item = &'a str>, ignore_case: bool) -> Json {
        let mut targets: HashMap<Vec<u8>, Vec<Target>> = HashMap::new();
        let mut width = 0;
        for (field, name) in names.into_iter().enumerate() {
            let key = if ignore_case { name.to_lowercase() } else { name.to_string() };
            targets.entry(key.into_bytes()).or_default().push(Target { field, rest: Vec::new() });
            width = field + 1;
        }
        Json { mapping: Mapping::Keys { targets, ignore_case }, width }
    }

    /// A JSONPaths file: the value of each field is where its path leads.
    ///
    /// # Errors
    /// Where the paths do not agree whether objects or arrays are to be read.
    pub fn paths(paths: &[JsonPath]) -> Result<Json, &'static str> {
        let mut targets: HashMap<Vec<u8>, Vec<Target>> = HashMap::new();
        let mut places = Vec::new();
        for (field, path) in paths.iter().enumerate() {
            let Some((first, rest)) = path.steps.split_first() else {
                return Err("a path must name an element below the root");
            };
            let target = Target { field, rest: rest.to_vec() };
            match first {
                Step::Key(key) => targets.entry(key.clone().into_bytes()).or_default().push(target),
                Step::Place(place) => places.push((*place, target)),
            }
        }
        let mapping = match (targets.is_empty(), places.is_empty()) {
            (false, false) => return Err("paths into objects and into arrays are mixed"),
            (_, true) => Mapping::Keys { targets, ignore_case: false },
            (true, false) => Mapping::Places(places),
        };
        Ok(Json { mapping, width: paths.len() })
    }

    /// `'noshred'`: the whole object is one field.
    pub fn whole() -> Json {
        Json { mapping: Mapping::Whole, width: 1 }
    }

    /// How many fields a record has.
    pub fn width(&self) -> usize {
        self.width
    }
}

/// Behind the last object or array that is whole, or the last line that holds neither.
pub(super) fn last_boundary(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut boundary = None;
    loop {
        at += data[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = match data.get(at) {
            None => return boundary,
            Some(b'{' | b'[') => structure_end(data, at),
            Some(_) => memchr::memchr3(b'{', b'[', b'\n', &data[at..]).map(|length| at + length),
        };
        let Some(end) = end else { return boundary };
        at = end;
        boundary = Some(at);
    }
}

/// Behind the bracket that closes the one at `start`.
fn structure_end(data: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match data.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = text::string_end(data, at + 1)?,
            _ => {}
        }
        at += 1;
    }
}

/// A block that is being split.
pub struct Split<'a> {
    format: &'a Json,
    block: &'a [u8],
    at: usize,
    /// The fields of the record that is being read.
    row: Vec<Field>,
    key: Vec<u8>,
}

impl<'a> Split<'a> {
    pub(super) fn new(format: &'a Json, block: &'a [u8]) -> Self {
        Split { format, block, at: 0, row: vec![Field::missing(); format.width], key: Vec::new() }
    }

    pub(super) fn fill(&mut self, table: &mut FieldTable, rows: usize) {
        while table.len() < rows {
            self.at += self.block[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let start = self.at;
            match self.block.get(start) {
                None => return,
                Some(b'{' | b'[') => self.structure(table, start),
                Some(_) => {
                    let junk = memchr::memchr3(b'{', b'[', b'\n', &self.block[start..]);
                    self.at = junk.map_or(self.block.len(), |length| start + length);
                    let fault = Fault::new(1216, "Invalid JSON format: a value outside of an object or array");
                    table.push_bad_record(start, self.at, (None, start, fault));
                }
            }
        }
    }

    fn structure(&mut self, table: &mut FieldTable, start: usize) {
        let Some(end) = structure_end(self.block, start) else {
            self.at = self.block.len();
            let fault = Fault::new(1216, "Invalid JSON format: an object or array has no end");
            // The raw text of a structure that never ends may be the rest of the file.
            let end = self.at.min(start + MAX_RECORD);
            table.push_bad_record(start, end, (None, start, fault));
            return;
        };
        self.at = end;
        if end - start > MAX_RECORD {
            let fault =
                Fault::new(1216, format!("JSON object or array exceeds the maximum size of {MAX_RECORD} bytes"));
            table.push_bad_record(start, start + MAX_RECORD, (None, start, fault));
            return;
        }
        self.row.fill(Field::missing());
        match self.read(start) {
            Ok(()) => {
                self.row.iter().for_each(|field| table.push_field(*field));
                table.push_record(start, end);
            }
            Err((field, at, fault)) => table.push_bad_record(start, end, (field, at, fault)),
        }
    }

    /// Reads the structure at `start` into the row.
    fn read(&mut self, start: usize) -> Result<(), (Option<usize>, usize, Fault)> {
        let format = self.format;
        let mut cursor = Cursor { data: self.block, at: start };
        let malformed = |wrong: Malformed| (None, wrong.at, Fault::new(1216, wrong.reason()));
        match (&format.mapping, self.block[start]) {
            (Mapping::Whole, _) => {
                cursor.skip_value().map_err(malformed)?;
                self.row[0] = Field::new(start, cursor.at, Form::JsonNested);
                Ok(())
            }
            (Mapping::Keys { targets, ignore_case }, b'{') => {
                let mut members = cursor.members().map_err(malformed)?;
                while let Some(key) = members.next_key().map_err(malformed)? {
                    let value = members.value().map_err(malformed)?;
                    self.key.clear();
                    match key.form() {
                        Form::JsonEscapes => self.key.extend(unescaped(key.raw(self.block))),
                        _ => self.key.extend_from_slice(key.raw(self.block)),
                    }
                    if *ignore_case {
                        self.key = String::from_utf8_lossy(&self.key).to_lowercase().into_bytes();
                    }
                    for target in targets.get(&self.key).into_iter().flatten() {
                        self.row[target.field] = follow(self.block, value, target)?;
                    }
                }
                Ok(())
            }
            (Mapping::Places(places), b'[') => {
                let mut elements = cursor.elements().map_err(malformed)?;
                let mut place = 0;
                while let Some(value) = elements.next_value().map_err(malformed)? {
                    for (_, target) in places.iter().filter(|(wanted, _)| *wanted == place) {
                        self.row[target.field] = follow(self.block, value, target)?;
                    }
                    place += 1;
                }
                match places.iter().find(|(wanted, _)| *wanted >= place) {
                    Some((_, target)) => Err((Some(target.field), start, path::not_an_array())),
                    None => Ok(()),
                }
            }
            (Mapping::Keys { .. }, _) => {
                Err((None, start, Fault::new(1216, "Invalid JSON format: an array needs a JSONPaths file of places")))
            }
            (Mapping::Places(_), _) => Err((None, start, path::not_an_array())),
        }
    }
}

/// Goes the rest of the way from a value of the first level.
fn follow(block: &[u8], value: Field, target: &Target) -> Result<Field, (Option<usize>, usize, Fault)> {
    path::follow(block, value, &target.rest).map_err(|fault| (Some(target.field), value.start(), fault))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Splitter, Tolerance,
            tests::{row, split, values},
        },
        Json, JsonPath, last_boundary,
    };

    fn paths(paths: &[&str]) -> Splitter {
        let paths: Vec<JsonPath> = paths.iter().map(|path| JsonPath::parse(path).expect("a path")).collect();
        Splitter::Json(Json::paths(&paths).expect("paths"))
    }

    #[test]
    fn keys_of_the_first_level_are_matched_with_names() {
        let auto = Splitter::Json(Json::auto(["catid", "catname", "catdesc"], false));
        let text = "{\"catname\": \"MLB\", \"catid\": 1, \"other\": {\"catdesc\": 1}}\n\
                    { \"catid\":2,\"catname\":null,\"CatDesc\":\"x\" }{\"catdesc\": true, \"catid\": -1.5e3, \
                    \"catname\": [1, {\"a\": 2}]}";
        assert_eq!(
            values(&auto, text, 3),
            [
                vec![Some("1".into()), Some("MLB".into()), None],
                vec![Some("2".into()), None, None],
                row(&["-1.5e3", "[1,{\"a\": 2}]", "true"]),
            ]
        );
        let any_case = Splitter::Json(Json::auto(["catid", "catname", "catdesc"], true));
        assert_eq!(values(&any_case, "{\"CatID\":2,\"catNAME\":\"é\",\"CATDESC\":\"x\"}", 3), [row(&["2", "é", "x"])]);
    }

    #[test]
    fn escapes_are_undone() {
        // "Escape characters in JSON".
        let auto = Splitter::Json(Json::auto(["backslash", "newline", "tab"], false));
        let text = r#"{
            "backslash": "This is a backslash: \\",
            "newline": "This sentence\n is on two lines.",
            "tab": "This sentence \t contains a tab."
        }"#;
        assert_eq!(
            values(&auto, text, 3),
            [row(&["This is a backslash: \\", "This sentence\n is on two lines.", "This sentence \t contains a tab."])]
        );
        assert_eq!(values(&auto, r#"{"t\u0061b":"\ud83d\ude00 \/\"\u00e9"}"#, 3)[0][2].as_deref(), Some("😀 /\"é"));
    }

    #[test]
    fn paths_lead_into_objects_and_arrays() {
        // "JSONPath option".
        let text = r#"{"id": 0, "guid": "84512477", "tags": ["nisi", "culpa"],
                       "friends": [{"id": 0, "name": "Martha Rivera"}, {"id": 1, "name": "Renaldo"}]}"#;
        let brackets =
            paths(&["$['guid']", "$['tags']", "$['tags'][0]", "$['friends'][1]['name']", "$['nobody']['x']"]);
        let dots = paths(&["$.guid", "$.tags", "$.tags[0]", "$.friends[1].name", "$.nobody.x"]);
        for splitter in [brackets, dots] {
            let mut expected = row(&["84512477", "[\"nisi\",\"culpa\"]", "nisi", "Renaldo"]);
            expected.push(None);
            assert_eq!(values(&splitter, text, 5), [expected]);
        }
    }

    #[test]
    fn paths_lead_into_rows_that_are_arrays() {
        let splitter = paths(&["$[1]", "$[0]"]);
        assert_eq!(values(&splitter, "[1, \"a\"]\n[2,\"b\",3]", 2), [row(&["a", "1"]), row(&["b", "2"])]);
        let (_, faults) = split(&splitter, "[1]", 2, Tolerance::default());
        assert_eq!(faults[0].2, "Invalid JSONPath format: Not an array or index out of range.");
    }

    #[test]
    fn an_element_that_an_array_has_not_is_a_fault() {
        let (_, faults) = split(&paths(&["$.a[3]"]), "{\"a\": [1, 2]}{\"a\": 5}", 1, Tolerance::default());
        let reason = "Invalid JSONPath format: Not an array or index out of range.".to_string();
        assert_eq!(faults, [(0, 1216, reason.clone()), (1, 1216, reason)]);
    }

    #[test]
    fn malformed_objects_cost_their_row_only() {
        let auto = Splitter::Json(Json::auto(["a"], false));
        let text = "{\"a\": 1},\n{\"a\" 2}\n{\"a\": 3} nonsense here\n{\"a\": tru}\n{\"a\": 01}{\"a\": 6,}\n{\"a\": 7}\n{\"a\": [1}";
        let (rows, faults) = split(&auto, text, 1, Tolerance::default());
        let good: Vec<_> = rows.iter().flatten().flatten().collect();
        assert_eq!(good, ["1", "3", "7"]);
        assert_eq!(faults.iter().map(|fault| fault.0).collect::<Vec<_>>(), [1, 2, 4, 5, 6, 7, 9]);
        assert!(faults.iter().all(|fault| fault.1 == 1216));
    }

    #[test]
    fn noshred_takes_the_whole() {
        let whole = Splitter::Json(Json::whole());
        assert_eq!(values(&whole, "{\"a\":1}[2]", 1), [row(&["{\"a\":1}"]), row(&["[2]"])]);
    }

    #[test]
    fn blocks_are_cut_behind_whole_structures() {
        let boundary = |text: &str| last_boundary(text.as_bytes());
        assert_eq!(boundary("{\"a\":1}\n{\"a\":"), Some(7));
        assert_eq!(boundary("{\"a\":\"}\"}{\"a\":\"\\\"}"), Some(9));
        assert_eq!(boundary("{\"a\":1"), None);
        assert_eq!(boundary("[[1],[2]] [3"), Some(9));
        assert_eq!(boundary("xyz\n{"), Some(3));
        assert_eq!(boundary("  "), None);
    }
}
