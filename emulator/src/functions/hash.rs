//! Digests and check sums.
//!
//! Source: developer guide, "Hash functions", "CRC32".

use md5::{Digest, Md5};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::registry::{Call, Function, INT4, Param, function, takes};
use crate::binder::Typed;

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("crc32", &[takes(&[TEXT], crc32)]),
    function("func_sha1", &[takes(&[TEXT], sha1)]),
    function("md5", &[takes(&[TEXT], md5)]),
    function("sha", &[takes(&[TEXT], sha1)]),
    function("sha1", &[takes(&[TEXT], sha1)]),
    function("sha2", &[takes(&[TEXT, INT4], sha2)]),
];

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn md5(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(32), |(), args| args.map1(|text: &str| Ok(Some(hex(Md5::digest(text))))))
}

fn sha1(call: Call<'_>) -> Result<Typed> {
    let call = Call { name: "sha1", ..call };
    call.kernel(RedshiftType::Varchar(40), |(), args| {
        args.map1(|text: &str| Ok(Some(hex(sha1_digest(text.as_bytes())))))
    })
}

/// Bits 0 means 256; of other lengths there is no digest.
fn sha2(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(128), |(), args| {
        args.map2(|text: &str, bits: i32| match bits {
            0 | 256 => Ok(Some(hex(Sha256::digest(text)))),
            224 => Ok(Some(hex(Sha224::digest(text)))),
            384 => Ok(Some(hex(Sha384::digest(text)))),
            512 => Ok(Some(hex(Sha512::digest(text)))),
            _ => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid number of bits {bits} for SHA2"))),
        })
    })
}

/// Eight hexadecimal digits of the CRC-32C.
fn crc32(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(8), |(), args| {
        args.map1(|text: &str| Ok(Some(format!("{:08x}", crc32c(text.as_bytes())))))
    })
}

fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let shifted = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
    let folded = bytes.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shifted(crc)));
    !folded
}

/// FIPS 180-4, section 6.1.
fn sha1_digest(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64) + if padded.len() % 64 > 56 { 64 } else { 0 }, 0);
    let length = (message.len() as u64 * 8).to_be_bytes();
    let end = padded.len();
    padded[end - 8..].copy_from_slice(&length);
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.as_chunks::<64>().0 {
        sha1_block(&mut state, block);
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

fn sha1_block(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for t in 16..80 {
        words[t] = (words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (t, word) in words.iter().enumerate() {
        let (f, k) = match t {
            0..20 => ((b & c) | (!b & d), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, check_errors};

    #[test]
    fn digests() {
        check(&[
            // MD5, SHA1, SHA2, CRC32
            ("md5('Amazon Redshift')", "f7415e33f972c03abd4f3fed36748f7a"),
            ("sha1('Amazon Redshift')", "eeac5ed1e11cda66032c30ad77b25071b5487f55"),
            ("crc32('Amazon Redshift')", "f2726906"),
            ("md5(null::varchar(3))", "NULL"),
        ]);
        check_errors(&[("sha2('a', 1)", "22023", "invalid number of bits 1 for SHA2")]);
    }

    #[test]
    fn sha1_of_the_standards_examples() {
        // FIPS 180-2, appendix A, and the empty message.
        assert_eq!(hex(sha1_digest(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(sha1_digest(two_blocks)), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(hex(sha1_digest(b"")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(hex(sha1_digest(&[b'a'; 64])), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
    }
}
