//! CSV after RFC 4180, as GetStatementResultV2 gives it: no header, lines end with CR LF, NULL is empty and the empty
//! string is quoted.

/// Appends a value, with a comma before it unless it is the first one.
pub fn write_value(out: &mut String, index: usize, value: Option<&str>) {
    if index > 0 {
        out.push(',');
    }
    let Some(value) = value else { return };
    if value.is_empty() || value.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(&value.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(value);
    }
}

/// Ends a record.
pub fn end_record(out: &mut String) {
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_misread_is_quoted() {
        let mut out = String::new();
        let values = [Some("a"), None, Some(""), Some("b,c"), Some("say \"x\""), Some("two\nlines")];
        values.iter().enumerate().for_each(|(index, value)| write_value(&mut out, index, *value));
        end_record(&mut out);
        assert_eq!(out, "a,,\"\",\"b,c\",\"say \"\"x\"\"\",\"two\nlines\"\r\n");
    }
}
