//! Digests and check sums.
//!
//! Source: developer guide, "Hash functions", "CRC32".

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use md5::{Digest, Md5};
use redshift_sql_dialect::{Error, RedshiftType, Result};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{
    farm::fingerprint64,
    kernel::{Args, Kernel, Read},
    murmur::murmur3_32,
    registry::{Call, Function, INT4, INT8, Param, function, takes},
    string::padded,
};
use crate::binder::{CastKind, Typed, cast, settle};

const TEXT: Param = Param::Text;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "checksum",
        &[
            takes(&[Param::Integer], integer_checksum),
            takes(&[Param::Decimal], decimal_checksum),
            takes(&[TEXT], text_checksum),
        ],
    ),
    function("crc32", &[takes(&[TEXT], crc32)]),
    function("farmfingerprint64", &[takes(&[TEXT], farm_of_text), takes(&[Param::Bytes], farm_of_bytes)]),
    function("fnv_hash", &[takes(&[Param::Any, INT8], fnv_hash).optional(1)]),
    function("func_sha1", &[takes(&[TEXT], sha1)]),
    function("md5", &[takes(&[TEXT], md5)]),
    function("murmur3_32_hash", &[takes(&[Param::Any, INT4], murmur).optional(1)]),
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

/// Bits 0 means 256; "an empty string if the number of bits is invalid".
fn sha2(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Varchar(128), |(), args| {
        args.map2(|text: &str, bits: i32| match bits {
            0 | 256 => Ok(Some(hex(Sha256::digest(text)))),
            224 => Ok(Some(hex(Sha224::digest(text)))),
            384 => Ok(Some(hex(Sha384::digest(text)))),
            512 => Ok(Some(hex(Sha512::digest(text)))),
            _ => Ok(Some(String::new())),
        })
    })
}

/// FNV-1a of 64 bits over a value's bytes, the lowest first; a hash as the seed continues it. NULL leaves the seed as it is.
/// The trailing blanks of a CHAR count ("FNV_HASH").
fn fnv_hash(mut call: Call<'_>) -> Result<Typed> {
    let value = settle(call.args.remove(0), call.ctx)?;
    let ty = value.ty;
    call.args.insert(0, value);
    let missing = call.missing();
    if let RedshiftType::Char(length) = ty {
        let value = call.args.remove(0);
        call.args.insert(0, padded(value, length));
    }
    let kernel = Kernel::new("fnv_hash", ty, RedshiftType::Int8, |ty, args| hash_column(*ty, args));
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

/// Shows the bytes of each value of an argument, the lowest first; none of a NULL.
///
/// Of up to 19 digits a DECIMAL has 64 bits, of more it has 128.
pub(super) fn each_value(
    ty: RedshiftType,
    args: &Args,
    index: usize,
    show: &mut dyn FnMut(usize, Option<&[u8]>),
) -> Result<()> {
    use RedshiftType::*;
    let narrow = matches!(ty, Numeric { precision: ..=19, .. });
    match ty {
        Bool => each(args, index, show, |value: bool| [u8::from(value)]),
        Int2 => each(args, index, show, |value: i16| value.to_le_bytes()),
        Int4 | Date | IntervalYearToMonth(_) => each(args, index, show, |value: i32| value.to_le_bytes()),
        Float4 => each(args, index, show, |value: f32| value.to_le_bytes()),
        Float8 => each(args, index, show, |value: f64| value.to_le_bytes()),
        Numeric { .. } if narrow => each(args, index, show, |value: i128| (value as i64).to_le_bytes()),
        Numeric { .. } => each(args, index, show, |value: i128| value.to_le_bytes()),
        Varbyte(_) => each(args, index, show, |value: &[u8]| value),
        Super => each(args, index, show, |value: &str| value.as_bytes()),
        ty if ty.is_string() => each(args, index, show, |value: &str| value.as_bytes()),
        _ => each(args, index, show, |value: i64| value.to_le_bytes()),
    }
}

fn each<'a, T: Read<'a>, B: AsRef<[u8]>>(
    args: &'a Args,
    index: usize,
    show: &mut dyn FnMut(usize, Option<&[u8]>),
    bytes: impl Fn(T) -> B,
) -> Result<()> {
    let values = args.reader::<T>(index)?;
    for row in 0..args.rows {
        match values.get(row) {
            Some(value) => show(row, Some(bytes(value).as_ref())),
            None => show(row, None),
        }
    }
    Ok(())
}

fn hash_column(ty: RedshiftType, args: &Args) -> Result<ArrayRef> {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    let seeds = if args.len() > 1 { Some(args.reader::<i64>(1)?) } else { None };
    let mut hashes = Vec::with_capacity(args.rows);
    each_value(ty, args, 0, &mut |row, bytes| {
        let seed = seeds.as_ref().and_then(|seeds| seeds.get(row)).map_or(OFFSET_BASIS, |seed| seed as u64);
        hashes.push(bytes.map_or(seed, |bytes| fnv(bytes, seed)) as i64);
    })?;
    Ok(Arc::new(Int64Array::from(hashes)))
}

fn fnv(bytes: &[u8], hash: u64) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// "The input expression must be a VARCHAR, INTEGER, or DECIMAL": an integer is its own check sum, and a DECIMAL's is its
/// digits without the point: of 109.20 it is 10920. Nothing tells how a string's is made.
fn integer_checksum(call: Call<'_>) -> Result<Typed> {
    let ctx = call.ctx;
    let value = call.args.into_iter().next().ok_or_else(|| Error::internal("an argument went missing"))?;
    cast(value, RedshiftType::Int4, CastKind::Assignment, ctx)
}

fn decimal_checksum(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int4, |(), args| args.map1(|digits: i128| Ok(Some(digits as i32))))
}

fn text_checksum(_: Call<'_>) -> Result<Typed> {
    Err(Error::unsupported("CHECKSUM of character strings is not supported"))
}

fn farm_of_text(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| args.map1(|text: &str| Ok(Some(fingerprint64(text.as_bytes()) as i64))))
}

fn farm_of_bytes(call: Call<'_>) -> Result<Typed> {
    call.kernel(RedshiftType::Int8, |(), args| args.map1(|bytes: &[u8]| Ok(Some(fingerprint64(bytes) as i64))))
}

/// Murmur3 over the bytes that Apache Iceberg's specification gives a value; a hash as the seed continues it.
fn murmur(mut call: Call<'_>) -> Result<Typed> {
    let value = settle(call.args.remove(0), call.ctx)?;
    let ty = value.ty;
    call.args.insert(0, value);
    let hashed = ty.is_number() || ty.is_string() || ty.is_datetime();
    if !hashed && !matches!(ty, RedshiftType::Bool | RedshiftType::Varbyte(_)) {
        return Err(call.missing());
    }
    let kernel = Kernel::new("murmur3_32_hash", ty, RedshiftType::Int4, |ty, args| murmur_column(*ty, args));
    Ok(kernel.not_strict().call(call.exprs()))
}

fn murmur_column(ty: RedshiftType, args: &Args) -> Result<ArrayRef> {
    use RedshiftType::*;
    let long = |value: i64| value.to_le_bytes().to_vec();
    match ty {
        Bool => murmur_values(args, |value: bool| long(i64::from(value))),
        Int2 => murmur_values(args, |value: i16| long(i64::from(value))),
        Int4 | Date => murmur_values(args, |value: i32| long(i64::from(value))),
        Float4 => murmur_values(args, |value: f32| f64::from(value).to_le_bytes().to_vec()),
        Float8 => murmur_values(args, |value: f64| value.to_le_bytes().to_vec()),
        Numeric { .. } => murmur_values(args, least_bytes),
        Varbyte(_) => murmur_values(args, |value: &[u8]| value.to_vec()),
        ty if ty.is_string() => murmur_values(args, |value: &str| value.as_bytes().to_vec()),
        _ => murmur_values(args, long),
    }
}

/// As few bytes as hold a number, the highest first.
fn least_bytes(value: i128) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let sign = if value < 0 { 0xff } else { 0 };
    let first = (0..15).find(|&at| bytes[at] != sign || (bytes[at + 1] ^ sign) & 0x80 != 0).unwrap_or(15);
    bytes[first..].to_vec()
}

fn murmur_values<'a, T: Read<'a>>(args: &'a Args, bytes: impl Fn(T) -> Vec<u8>) -> Result<ArrayRef> {
    let values = args.reader::<T>(0)?;
    let seeds = if args.len() > 1 { Some(args.reader::<i32>(1)?) } else { None };
    args.rows(|row| {
        let seed = seeds.as_ref().and_then(|seeds| seeds.get(row)).unwrap_or(0);
        Ok(Some(values.get(row).map_or(seed, |value| murmur3_32(&bytes(value), seed as u32) as i32)))
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
            // FNV_HASH
            ("fnv_hash(1)", "-5968735742475085980"),
            ("fnv_hash('Amazon Redshift')", "7783490368944507294"),
            ("fnv_hash('Amazon Redshift', fnv_hash(1))", "-2202602717770968555"),
            ("fnv_hash('abcd')", "-281581062704388899"),
            ("fnv_hash('a'::char(2)) = fnv_hash('a '::varchar(2))", "true"),
            ("fnv_hash('cd', fnv_hash('ab'))", "-281581062704388899"),
            // farmFingerprint64
            ("farmfingerprint64('Amazon Redshift')", "8085098817162212970"),
            ("farmfingerprint64('Amazon Redshift'::varbyte)", "8085098817162212970"),
            // Apache Iceberg, "Appendix B: 32-bit Hash Requirements"; the examples of the guide are those of FNV_HASH.
            ("murmur3_32_hash(34)", "2017239379"),
            ("murmur3_32_hash(34::bigint)", "2017239379"),
            ("murmur3_32_hash(14.20::decimal(9,2))", "-500754589"),
            ("murmur3_32_hash('2017-11-16'::date)", "-653330422"),
            ("murmur3_32_hash('22:31:08'::time)", "-662762989"),
            ("murmur3_32_hash('2017-11-16T22:31:08'::timestamp)", "-2047944441"),
            ("murmur3_32_hash('iceberg')", "1210000089"),
            ("murmur3_32_hash(true)", "1392991556"),
            ("murmur3_32_hash(null::int, 7)", "7"),
            ("sha2('a', 1)", ""),
            // CHECKSUM
            ("checksum(109.20::decimal(8,2))", "10920"),
            ("checksum(975)", "975"),
        ]);
        check_errors(&[
            ("checksum('a'::varchar)", "0A000", "CHECKSUM of character strings is not supported"),
            ("checksum('a')", "0A000", "CHECKSUM of character strings is not supported"),
        ]);
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
