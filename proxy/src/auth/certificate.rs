//! The names in a client certificate that the TLS library has already checked, signature and structure.
//!
//! A certificate is DER: every value is a tag, a length and its content. Only the way to the subject's common name and to the
//! alternative names is walked. Sources: RFC 5280, sections 4.1 and 4.2.1.6; ITU-T X.690 for DER.

/// `id-at-commonName`, 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `id-ce-subjectAltName`, 2.5.29.17
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// UTF8String, PrintableString and IA5String: the text is UTF-8.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];
/// `[0]` of a certificate: its version.
const VERSION: u8 = 0xa0;
/// `[3]` of a certificate: its extensions.
const EXTENSIONS: u8 = 0xa3;
/// rfc822Name, dNSName and uniformResourceIdentifier of a GeneralName.
const GENERAL_NAMES: [u8; 3] = [0x81, 0x82, 0x86];

/// The common name, and the names for mail, hosts and URIs, in the order of the certificate. Empty where there are none.
pub fn names(certificate: &[u8]) -> Vec<String> {
    parts_of(certificate).unwrap_or_default()
}

fn parts_of(certificate: &[u8]) -> Option<Vec<String>> {
    let signed = Values(Values(certificate).next()?.1).next()?.1;
    let mut fields = Values(signed).filter(|(tag, _)| *tag != VERSION);
    // Behind serial number, algorithm, issuer and validity.
    let subject = fields.nth(4)?.1;
    let mut names = common_names(subject);
    if let Some((_, extensions)) = fields.find(|(tag, _)| *tag == EXTENSIONS) {
        names.extend(alternative_names(extensions).unwrap_or_default());
    }
    Some(names)
}

/// `SEQUENCE OF SET OF SEQUENCE { type, value }`
fn common_names(subject: &[u8]) -> Vec<String> {
    let attributes = Values(subject).flat_map(|(_, set)| Values(set));
    let names = attributes.filter_map(|(_, attribute)| {
        let mut parts = Values(attribute);
        let is_name = parts.next()? == (OBJECT_IDENTIFIER, COMMON_NAME);
        let (tag, text) = parts.next()?;
        (is_name && TEXTS.contains(&tag)).then(|| text_of(text)).flatten()
    });
    names.collect()
}

/// `SEQUENCE OF SEQUENCE { id, critical OPTIONAL, OCTET STRING of a SEQUENCE OF GeneralName }`
fn alternative_names(extensions: &[u8]) -> Option<Vec<String>> {
    let list = Values(extensions).next()?.1;
    let is_wanted = |extension: &&[u8]| Values(extension).next() == Some((OBJECT_IDENTIFIER, ALTERNATIVE_NAMES));
    let extension = Values(list).map(|(_, extension)| extension).find(is_wanted)?;
    let value = Values(extension).find(|(tag, _)| *tag == OCTET_STRING)?.1;
    let names = Values(Values(value).next()?.1);
    Some(names.filter(|(tag, _)| GENERAL_NAMES.contains(tag)).filter_map(|(_, text)| text_of(text)).collect())
}

fn text_of(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

/// The values that stand one behind the other: tags and contents. It ends at what is no value.
struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        // A long length: how many bytes it has, and then those.
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
            }
            0x80 | 0x85.. => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    #[test]
    fn all_names_are_found() {
        let mut params = CertificateParams::new(vec!["etl.example.com".to_string(), "127.0.0.1".to_string()]).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, "Example");
        params.distinguished_name.push(DnType::CommonName, "etl");
        params.subject_alt_names.push(SanType::Rfc822Name("etl@example.com".try_into().unwrap()));
        // Long enough for a length of two bytes.
        let long = format!("{}.example.com", "x".repeat(300));
        params.subject_alt_names.push(SanType::URI(long.as_str().try_into().unwrap()));
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(names(certificate.der()), ["etl", "etl.example.com", "etl@example.com", long.as_str()]);
    }

    #[test]
    fn what_is_no_certificate_has_no_names() {
        let params = CertificateParams::new(vec!["x".to_string()]).unwrap();
        let whole = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        for end in 0..whole.len() {
            assert!(names(&whole[..end]).is_empty(), "{end}");
        }
        assert!(names(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_empty());
        assert!(names(&[0x30, 0x80, 0, 0]).is_empty());
    }
}
