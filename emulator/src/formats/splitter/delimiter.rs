//! What stands between two fields: one byte as a rule, or several.

/// One byte or more between two fields (developer guide, "Data format parameters", DELIMITER).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiter {
    bytes: [u8; Delimiter::LONGEST],
    length: u8,
}

impl Delimiter {
    /// The most bytes that a delimiter has here; Redshift's own limit is not published.
    pub const LONGEST: usize = 16;

    /// A single byte.
    pub const fn byte(byte: u8) -> Self {
        let mut bytes = [0; Delimiter::LONGEST];
        bytes[0] = byte;
        Delimiter { bytes, length: 1 }
    }

    /// Some bytes; none where there are none or too many.
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; Delimiter::LONGEST];
        bytes.get_mut(..text.len()).filter(|to| !to.is_empty())?.copy_from_slice(text);
        Some(Delimiter { bytes, length: text.len() as u8 })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    /// How many bytes?
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    pub(super) fn first(&self) -> u8 {
        self.bytes[0]
    }

    /// Of the places that may mean something, leaves out those where only the first byte of a delimiter is.
    pub(super) fn keep_whole(&self, block: &[u8], specials: &mut Vec<u32>) {
        if self.len() > 1 {
            let begins = |at: usize| block[at] != self.first() || block[at..].starts_with(self.as_bytes());
            specials.retain(|at| begins(*at as usize));
        }
    }
}
