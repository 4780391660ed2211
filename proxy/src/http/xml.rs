//! XML as the query protocol writes it: elements with text or elements in them, no attributes but the root's namespace.

/// What is in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Xml {
    /// Text.
    Text(String),
    /// Elements, in order.
    Elements(Vec<(&'static str, Xml)>),
}

impl Xml {
    /// Elements of those members that are there.
    pub fn of<const N: usize>(members: [(&'static str, Option<Xml>); N]) -> Xml {
        Xml::Elements(members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }

    /// A list, whose items all have one name.
    pub fn list(name: &'static str, items: impl IntoIterator<Item = Xml>) -> Xml {
        Xml::Elements(items.into_iter().map(|item| (name, item)).collect())
    }

    /// Nothing.
    pub fn empty() -> Xml {
        Xml::Elements(Vec::new())
    }

    /// The element of this name, appended.
    pub fn write(&self, name: &str, attribute: &str, out: &mut String) {
        out.push_str(&format!("<{name}{attribute}>"));
        match self {
            Xml::Text(text) => text.chars().for_each(|c| escape(c, out)),
            Xml::Elements(elements) => elements.iter().for_each(|(name, xml)| xml.write(name, "", out)),
        }
        out.push_str(&format!("</{name}>"));
    }
}

impl<T: ToString> From<T> for Xml {
    fn from(value: T) -> Self {
        Xml::Text(value.to_string())
    }
}

fn escape(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\r' => out.push_str("&#13;"),
        // What XML 1.0 cannot hold.
        c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_what_is_absent_is_left_out() {
        let tags = Xml::list("Tag", [Xml::of([("Key", Some("a<b&c".into())), ("Value", None)])]);
        let mut out = String::new();
        Xml::of([("Port", Some(5439.into())), ("Tags", Some(tags))]).write("Cluster", " xmlns=\"x\"", &mut out);
        assert_eq!(
            out,
            "<Cluster xmlns=\"x\"><Port>5439</Port><Tags><Tag><Key>a&lt;b&amp;c</Key></Tag></Tags></Cluster>"
        );
    }
}
