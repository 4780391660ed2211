//! Digests and check sums.
//!
//! Source: developer guide, "Hash functions", "CRC32".

use md5::{Digest, Md5};
use redshift_sql_dialect::{Error, RedshiftType, Result, SqlState};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{
    kernel::{Args, Read},
    registry::{Call, Function, INT4, INT8, Param, function, takes},
};
use crate::binder::{Typed, settle};
use arrow::array::ArrayRef;

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function("crc32", &[takes(&[TEXT], crc32)]),
    function("fnv_hash", &[takes(&[Param::Any, INT8], fnv_hash).optional(1)]),
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

/// FNV-1a of 64 bits over a value's bytes, the lowest first; a hash as the seed continues it. NULL leaves the seed as it is.
fn fnv_hash(mut call: Call<'_>) -> Result<Typed> {
    let value = settle(call.args.remove(0), call.ctx)?;
    let ty = value.ty;
    call.args.insert(0, value);
    let missing = call.missing();
    let kernel = super::kernel::Kernel::new("fnv_hash", ty, RedshiftType::Int8, |ty, args| hash_column(*ty, args));
    match ty {
        RedshiftType::Bool
        | RedshiftType::Int2
        | RedshiftType::Int4
        | RedshiftType::Int8
        | RedshiftType::Numeric { .. }
        | RedshiftType::Float4
        | RedshiftType::Float8 => {}
        ty if ty.is_string() || ty.is_datetime() || matches!(ty, RedshiftType::Varbyte(_)) => {}
        _ => return Err(missing),
    }
    Ok(kernel.not_strict().call(call.exprs()))
}

fn hash_column(ty: RedshiftType, args: &Args) -> Result<ArrayRef> {
    match ty {
        RedshiftType::Bool => hash_values(args, |value: bool, hash| fnv(&[u8::from(value)], hash)),
        RedshiftType::Int2 => hash_values(args, |value: i16, hash| fnv(&value.to_le_bytes(), hash)),
        RedshiftType::Int4 | RedshiftType::Date => {
            hash_values(args, |value: i32, hash| fnv(&value.to_le_bytes(), hash))
        }
        RedshiftType::Float4 => hash_values(args, |value: f32, hash| fnv(&value.to_le_bytes(), hash)),
        RedshiftType::Float8 => hash_values(args, |value: f64, hash| fnv(&value.to_le_bytes(), hash)),
        // Of up to 19 digits a DECIMAL has 64 bits.
        RedshiftType::Numeric { precision: ..=19, .. } => {
            hash_values(args, |value: i128, hash| fnv(&(value as i64).to_le_bytes(), hash))
        }
        RedshiftType::Numeric { .. } => hash_values(args, |value: i128, hash| fnv(&value.to_le_bytes(), hash)),
        RedshiftType::Varbyte(_) => hash_values(args, |value: &[u8], hash| fnv(value, hash)),
        ty if ty.is_string() => hash_values(args, |value: &str, hash| fnv(value.as_bytes(), hash)),
        _ => hash_values(args, |value: i64, hash| fnv(&value.to_le_bytes(), hash)),
    }
}

fn hash_values<'a, T: Read<'a>>(args: &'a Args, hash: impl Fn(T, u64) -> u64) -> Result<ArrayRef> {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    let values = args.reader::<T>(0)?;
    let seeds = if args.len() > 1 { Some(args.reader::<i64>(1)?) } else { None };
    args.rows(|row| {
        let seed = seeds.as_ref().and_then(|seeds| seeds.get(row)).map_or(OFFSET_BASIS, |seed| seed as u64);
        Ok(Some(values.get(row).map_or(seed, |value| hash(value, seed)) as i64))
    })
}

fn fnv(bytes: &[u8], hash: u64) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
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
            // FNV_HASH
            ("fnv_hash(1)", "-5968735742475085980"),
            ("fnv_hash('Amazon Redshift')", "7783490368944507294"),
            ("fnv_hash('Amazon Redshift', fnv_hash(1))", "-2202602717770968555"),
            ("fnv_hash('abcd')", "-281581062704388899"),
            ("fnv_hash('cd', fnv_hash('ab'))", "-281581062704388899"),
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
