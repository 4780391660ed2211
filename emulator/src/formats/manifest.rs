//! Manifests: developer guide, "Using a manifest to specify data files".

use serde::Deserialize;

/// A file that a manifest lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `s3://bucket/key`
    pub url: String,
    /// Must it be there?
    pub mandatory: bool,
    /// `meta.content_length`: how many bytes it has.
    pub content_length: Option<u64>,
}

#[derive(Deserialize)]
struct File {
    entries: Vec<RawEntry>,
}

#[derive(Deserialize)]
struct RawEntry {
    url: String,
    #[serde(default)]
    mandatory: bool,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    content_length: Option<u64>,
}

/// The files that a manifest lists, in its order; none where it is not written as a manifest is. A file that is listed
/// twice is there twice.
pub fn parse(text: &[u8]) -> Option<Vec<Entry>> {
    let file: File = serde_json::from_slice(text).ok()?;
    let entry = |entry: RawEntry| Entry {
        url: entry.url,
        mandatory: entry.mandatory,
        content_length: entry.meta.and_then(|meta| meta.content_length),
    };
    Some(file.entries.into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_in_their_order() {
        // The guide's examples: COPY's manifest, and one that UNLOAD wrote.
        let text = br#"{"entries": [
            {"url":"s3://mybucket-alpha/custdata.1","mandatory":true},
            {"url":"s3://mybucket-beta/custdata.1","mandatory":false},
            {"url":"s3://mybucket/unload/manifest_0000_part_00", "meta": { "content_length": 5956875 }}
        ], "schema": {"elements": []}}"#;
        let entry = |url: &str, mandatory, content_length| Entry { url: url.into(), mandatory, content_length };
        assert_eq!(
            parse(text),
            Some(vec![
                entry("s3://mybucket-alpha/custdata.1", true, None),
                entry("s3://mybucket-beta/custdata.1", false, None),
                entry("s3://mybucket/unload/manifest_0000_part_00", false, Some(5_956_875)),
            ])
        );
    }

    #[test]
    fn what_is_no_manifest_is_none() {
        for text in ["", "1,a\n", "{}", "{\"entries\": [{\"mandatory\": true}]}", "{\"entries\": {}}", "[]"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(b"{\"entries\": []}"), Some(vec![]));
    }
}
