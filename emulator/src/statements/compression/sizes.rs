//! How many bytes the values of a column take in each encoding.
//!
//! Source: developer guide, "Compression encodings" and the page of each; "Numeric types", "Character types" for the bytes of
//! a value.

use std::collections::HashMap;

use arrow::{
    array::{Array, ArrayRef, AsArray, StringViewArray},
    compute::cast,
    datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type},
};
use redshift_sql_dialect::{Error, RedshiftType, Result};

/// Bytes of a block, which every encoding begins anew.
const BLOCK: usize = 1 << 20;
/// Bytes before a string of variable length.
const LENGTH: usize = 4;
/// Values that BYTEDICT has a number for.
const DICTIONARY: usize = 256;
/// Words that TEXT255 has a number for.
const WORDS: usize = 245;
/// Bytes that the words of TEXT32K may have together.
const WORD_BYTES: usize = 32 << 10;
/// Values that AZ64 is taken to pack together.
const GROUP: usize = 64;
/// The longest run of RUNLENGTH.
const RUN: usize = 255;

/// What a column's values take.
pub(super) struct Sizes {
    /// Bytes without an encoding.
    pub raw: u64,
    /// Bytes in each encoding that the type can have.
    pub encoded: Vec<(&'static str, u64)>,
    /// Distinct values.
    pub distinct: u64,
}

/// The values of a column, laid out one behind the other.
pub(super) struct Layout {
    ty: RedshiftType,
    bytes: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
    /// The values as numbers, where they are.
    numbers: Vec<i128>,
}

/// Some values that are in one block.
struct Block<'a> {
    values: Vec<&'a [u8]>,
    bytes: &'a [u8],
    numbers: &'a [i128],
}

impl Layout {
    pub(super) fn new(ty: RedshiftType) -> Layout {
        Layout { ty, bytes: Vec::new(), ends: Vec::new(), numbers: Vec::new() }
    }

    /// Adds values. NULL takes the place of zero or of an empty string.
    pub(super) fn add(&mut self, values: &ArrayRef) -> Result<()> {
        use RedshiftType::*;
        match self.ty {
            Bool => {
                for value in values.as_boolean() {
                    self.push(&[u8::from(value.unwrap_or_default())]);
                }
            }
            Int2 => self.add_numbers(values.as_primitive::<Int16Type>().iter().map(|value| value.map(i128::from)), 2),
            Int4 => self.add_numbers(values.as_primitive::<Int32Type>().iter().map(|value| value.map(i128::from)), 4),
            Float4 => {
                for value in values.as_primitive::<Float32Type>() {
                    self.push(&value.unwrap_or_default().to_le_bytes());
                }
            }
            Float8 => {
                for value in values.as_primitive::<Float64Type>() {
                    self.push(&value.unwrap_or_default().to_le_bytes());
                }
            }
            Numeric { precision, .. } => {
                // "precision of up to 19 digits is stored internally as 8-byte integers"
                let width = if precision <= 19 { 8 } else { 16 };
                self.add_numbers(values.as_primitive::<Decimal128Type>().iter(), width);
            }
            Date => self.add_numbers(integers(values, DataType::Int32)?.into_iter(), 4),
            Int8 | Time | TimeTz | Timestamp | TimestampTz => {
                self.add_numbers(integers(values, DataType::Int64)?.into_iter(), 8);
            }
            IntervalYearToMonth(_) => self.add_numbers(integers(values, DataType::Int32)?.into_iter(), 4),
            IntervalDayToSecond(_) => self.add_numbers(integers(values, DataType::Int64)?.into_iter(), 8),
            Char(length) => {
                for text in strings(values)?.iter() {
                    self.bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
                    let begin = self.ends.last().copied().unwrap_or(0);
                    self.bytes.resize(self.bytes.len().max(begin + length as usize), b' ');
                    self.ends.push(self.bytes.len());
                }
            }
            Varbyte(_) | HllSketch | Geometry | Geography => {
                for value in values.as_binary::<i32>() {
                    self.push_variable(value.unwrap_or_default());
                }
            }
            _ => {
                for text in strings(values)?.iter() {
                    self.push_variable(text.unwrap_or_default().as_bytes());
                }
            }
        }
        Ok(())
    }

    fn add_numbers(&mut self, numbers: impl Iterator<Item = Option<i128>>, width: usize) {
        for number in numbers {
            let number = number.unwrap_or_default();
            self.push(&number.to_le_bytes()[..width]);
            self.numbers.push(number);
        }
    }

    fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    fn push_variable(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.push(value);
    }

    /// What the values take in each encoding.
    ///
    /// # Errors
    /// XX000 where a compressor fails.
    pub(super) fn sizes(&self, ty: RedshiftType) -> Result<Sizes> {
        let blocks = self.blocks();
        let mut encoded = Vec::new();
        for encoding in encodings(ty) {
            let mut bytes = 0;
            for block in &blocks {
                bytes += block.size(encoding)? as u64;
            }
            encoded.push((*encoding, bytes));
        }
        let distinct: std::collections::HashSet<&[u8]> =
            blocks.iter().flat_map(|block| &block.values).copied().collect();
        Ok(Sizes { raw: self.bytes.len() as u64, encoded, distinct: distinct.len() as u64 })
    }

    fn blocks(&self) -> Vec<Block<'_>> {
        let (mut blocks, mut first, mut begin) = (Vec::new(), 0, 0);
        for (index, end) in self.ends.iter().enumerate() {
            let is_last = index + 1 == self.ends.len();
            if is_last || self.ends[index + 1] - begin > BLOCK {
                let mut at = begin;
                let values =
                    self.ends[first..=index].iter().map(|end| &self.bytes[std::mem::replace(&mut at, *end)..*end]);
                let numbers = if self.numbers.is_empty() { &[][..] } else { &self.numbers[first..=index] };
                blocks.push(Block { values: values.collect(), bytes: &self.bytes[begin..*end], numbers });
                (first, begin) = (index + 1, *end);
            }
        }
        blocks
    }
}

fn integers(values: &ArrayRef, integer: DataType) -> Result<Vec<Option<i128>>> {
    let cast = |array: &ArrayRef, to: &DataType| cast(array, to).map_err(|error| Error::internal(error.to_string()));
    let values = cast(values, &integer)?;
    let values = cast(&values, &DataType::Int64)?;
    Ok(values.as_primitive::<Int64Type>().iter().map(|value| value.map(i128::from)).collect())
}

fn strings(values: &ArrayRef) -> Result<&StringViewArray> {
    values.as_string_view_opt().ok_or_else(|| Error::internal(format!("{} is no text", values.data_type())))
}

/// The encodings that columns of a type can have, beside RAW.
fn encodings(ty: RedshiftType) -> &'static [&'static str] {
    use RedshiftType::*;
    match ty {
        Bool => &["runlength", "zstd"],
        Int2 => &["az64", "bytedict", "delta", "lzo", "mostly8", "runlength", "zstd"],
        Int4 => &["az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "runlength", "zstd"],
        Int8 | Numeric { .. } => {
            &["az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32", "runlength", "zstd"]
        }
        Float4 | Float8 => &["bytedict", "runlength", "zstd"],
        Date | Timestamp => &["az64", "bytedict", "delta", "delta32k", "lzo", "runlength", "zstd"],
        TimestampTz => &["az64", "bytedict", "delta", "delta32k", "lzo", "runlength", "zstd"],
        Time | TimeTz | IntervalYearToMonth(_) | IntervalDayToSecond(_) => {
            &["az64", "bytedict", "delta", "delta32k", "lzo", "runlength", "zstd"]
        }
        Char(_) => &["bytedict", "lzo", "runlength", "zstd"],
        Varchar(_) | Text => &["bytedict", "lzo", "runlength", "text255", "text32k", "zstd"],
        Super | Varbyte(_) => &["lzo", "zstd"],
        _ => &[],
    }
}

impl Block<'_> {
    fn size(&self, encoding: &str) -> Result<usize> {
        Ok(match encoding {
            "az64" => self.packed(),
            "bytedict" => self.dictionary(),
            "delta" => self.differences(1, 127),
            "delta32k" => self.differences(2, 32_767),
            "mostly8" => self.mostly(1),
            "mostly16" => self.mostly(2),
            "mostly32" => self.mostly(4),
            "runlength" => self.runs(),
            "text255" => self.words(1),
            "text32k" => self.words(2),
            "lzo" => lzokay_native::compress(self.bytes).map_err(|error| Error::internal(error.to_string()))?.len(),
            "zstd" => zstd_size(self.bytes)?,
            _ => self.bytes.len(),
        })
    }

    /// Bytes of a number.
    fn width(&self) -> usize {
        self.values.first().map_or(0, |value| value.len())
    }

    /// The least number of each group, and by how much the others are more, in as many bits as the greatest of these needs.
    fn packed(&self) -> usize {
        let bits = |most: u128| (u128::BITS - most.leading_zeros()) as usize;
        let group = |numbers: &[i128]| {
            let least = numbers.iter().min().copied().unwrap_or(0);
            let most = numbers.iter().max().copied().unwrap_or(0);
            (bits(most.wrapping_sub(least) as u128) * numbers.len()).div_ceil(8) + self.width() + 1
        };
        self.numbers.chunks(GROUP).map(group).sum()
    }

    /// A byte for each value and the first values that are distinct; a value that is not among them is kept as it is.
    fn dictionary(&self) -> usize {
        let mut known: HashMap<&[u8], ()> = HashMap::new();
        let mut bytes = self.values.len();
        for value in &self.values {
            if !known.contains_key(value) {
                bytes += value.len();
                if known.len() < DICTIONARY {
                    known.insert(value, ());
                }
            }
        }
        bytes
    }

    /// `width` bytes for each difference up to `most`; a value that differs by more is kept behind a mark.
    fn differences(&self, width: usize, most: i128) -> usize {
        let raw = self.width();
        let of_pair = |pair: &[i128]| match pair[1].wrapping_sub(pair[0]).unsigned_abs() <= most as u128 {
            true => width,
            false => width + raw,
        };
        raw + self.numbers.windows(2).map(of_pair).sum::<usize>()
    }

    /// `width` bytes for each number that fits; the others are kept as they are, with where they are.
    fn mostly(&self, width: usize) -> usize {
        let half = 1i128 << (8 * width - 1);
        let raw = self.width();
        let of_number = |number: &i128| if (-half..half).contains(number) { width } else { width + raw };
        self.numbers.iter().map(of_number).sum()
    }

    /// Each value that follows another one, with how often it does.
    fn runs(&self) -> usize {
        let runs = self.values.chunk_by(|one, other| one == other);
        runs.map(|run| run.len().div_ceil(RUN) * (run[0].len() + 1)).sum()
    }

    /// `width` bytes for each word among the words that have numbers; other words are kept as they are.
    fn words(&self, width: usize) -> usize {
        let mut counts: HashMap<&[u8], usize> = HashMap::new();
        let words = || {
            self.values.iter().flat_map(|value| {
                let text = value.get(LENGTH..).unwrap_or_default();
                text.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
            })
        };
        for word in words() {
            *counts.entry(word).or_default() += 1;
        }
        let mut by_count: Vec<(&[u8], usize)> = counts.iter().map(|(word, count)| (*word, *count)).collect();
        by_count.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        let mut room = if width == 1 { usize::MAX } else { WORD_BYTES };
        let most = if width == 1 { WORDS } else { usize::MAX };
        let mut bytes = self.values.len() * LENGTH;
        for (index, (word, count)) in by_count.into_iter().enumerate() {
            let is_numbered = index < most && word.len() <= room;
            if is_numbered {
                room -= word.len();
                bytes += word.len() + count * width;
            } else {
                bytes += count * (word.len() + width);
            }
        }
        bytes
    }
}

/// Bytes of a block that zstd has compressed.
fn zstd_size(bytes: &[u8]) -> Result<usize> {
    zstd::bulk::compress(bytes, 3).map(|packed| packed.len()).map_err(|error| Error::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, StringViewArray};

    use super::*;

    fn sizes_of(ty: RedshiftType, values: ArrayRef) -> (u64, HashMap<&'static str, u64>, u64) {
        let mut layout = Layout::new(ty);
        layout.add(&values).unwrap();
        let Sizes { raw, encoded, distinct } = layout.sizes(ty).unwrap();
        (raw, encoded.into_iter().collect(), distinct)
    }

    #[test]
    fn the_same_number_again_and_again_takes_next_to_nothing() {
        let (raw, sizes, distinct) = sizes_of(RedshiftType::Int4, Arc::new(Int32Array::from(vec![7; 128])));
        assert_eq!((raw, distinct), (4 * 128, 1));
        // A run of 128 is a value and a count.
        assert_eq!(sizes["runlength"], 4 + 1);
        // A number for each value, and the value once.
        assert_eq!(sizes["bytedict"], 128 + 4);
        // The first value, then differences of a byte, or of two.
        assert_eq!((sizes["delta"], sizes["delta32k"]), (4 + 127, 4 + 2 * 127));
        assert_eq!((sizes["mostly8"], sizes["mostly16"]), (128, 256));
        // Two groups of 64, each a value and how many bits the others have: none.
        assert_eq!(sizes["az64"], 2 * (4 + 1));
        assert!(sizes["lzo"] < 100 && sizes["zstd"] < 100);
    }

    #[test]
    fn numbers_that_differ_widely_are_larger_than_raw() {
        let values: Vec<i32> = (0..64).map(|n| if n % 2 == 0 { i32::MAX - n } else { i32::MIN + n }).collect();
        let (raw, sizes, _) = sizes_of(RedshiftType::Int4, Arc::new(Int32Array::from(values)));
        // Each exception is kept whole behind its mark.
        assert_eq!(sizes["mostly8"], raw + 64);
        assert_eq!(sizes["delta"], 4 + 63 * 5);
        assert_eq!(sizes["bytedict"], raw + 64);
        assert_eq!(sizes["runlength"], raw + 64);
    }

    #[test]
    fn strings_are_their_words() {
        let values: Vec<&str> = (0..100).map(|n| if n % 2 == 0 { "open door" } else { "door" }).collect();
        let (raw, sizes, distinct) = sizes_of(RedshiftType::Varchar(20), Arc::new(StringViewArray::from(values)));
        assert_eq!((raw, distinct), (50 * (4 + 9) + 50 * (4 + 4), 2));
        // 150 words of two, each written once.
        assert_eq!(sizes["text255"], 100 * 4 + 150 + 4 + 4);
        assert_eq!(sizes["text32k"], 100 * 4 + 2 * 150 + 4 + 4);
        assert_eq!(sizes["bytedict"], 100 + (4 + 9) + (4 + 4));
    }

    #[test]
    fn characters_are_padded_and_null_takes_the_place_of_a_value() {
        let (raw, sizes, _) = sizes_of(RedshiftType::Char(10), Arc::new(StringViewArray::from(vec![Some("a"), None])));
        assert_eq!(raw, 20);
        assert_eq!(sizes["runlength"], 2 * 11);
    }
}
