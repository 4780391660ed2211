//! HyperLogLog sketches.
//!
//! Sources: developer guide, "HyperLogLog functions", "HLLSKETCH type", and the sketches of its examples, which tell how a
//! value finds its register: of MurmurHash3 (128 bits, seed 9001) of its bytes the low 26 bits are the index, and the
//! leading zeros of the high half give the value. A sparse sketch lists its registers of 2^26; a dense one has all of 2^15,
//! of 6 bits each. The sizes of sets are found as in Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog
//! sketches" (2017), section 4.

use std::collections::BTreeMap;

use redshift_sql_dialect::{Error, Result, SqlState};

use super::murmur::murmur3_128;

/// Bits of the index of a dense sketch: `logm`.
const DENSE_BITS: u32 = 15;
/// Bits of the index of a sparse sketch.
const SPARSE_BITS: u32 = 26;
/// Registers of a sparse sketch, at most: with more it takes more room than a dense one (24,580 bytes).
const MOST_SPARSE: usize = 6_144;
/// What a register of 6 bits holds at most.
const MOST: u8 = 63;
/// What a dense sketch begins with: version and `logm`.
const DENSE_HEADER: [u8; 4] = [1, DENSE_BITS as u8, 0, 0];

/// How many different values there were, about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sketch {
    /// Registers that are not 0, by index.
    Sparse(BTreeMap<u32, u8>),
    /// All registers.
    Dense(Vec<u8>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Sparse(BTreeMap::new())
    }
}

impl Sketch {
    /// Adds a value.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (low, high) = murmur3_128(bytes, 9_001);
        let index = (low & ((1 << SPARSE_BITS) - 1)) as u32;
        self.raise(index, (high.leading_zeros() as u8 + 1).min(MOST));
    }

    fn raise(&mut self, index: u32, value: u8) {
        match self {
            Sketch::Sparse(registers) => {
                let register = registers.entry(index).or_default();
                *register = (*register).max(value);
                if registers.len() > MOST_SPARSE {
                    *self = Sketch::Dense(self.registers());
                }
            }
            Sketch::Dense(registers) => {
                let register = &mut registers[dense_index(index)];
                *register = (*register).max(value);
            }
        }
    }

    /// All registers of the dense form.
    fn registers(&self) -> Vec<u8> {
        match self {
            Sketch::Dense(registers) => registers.clone(),
            Sketch::Sparse(sparse) => {
                let mut registers = vec![0_u8; 1 << DENSE_BITS];
                for (index, value) in sparse {
                    let register = &mut registers[dense_index(*index)];
                    *register = (*register).max(*value);
                }
                registers
            }
        }
    }

    /// Adds what another sketch has seen.
    pub(super) fn merge(&mut self, other: &Sketch) {
        match other {
            Sketch::Sparse(registers) => registers.iter().for_each(|(index, value)| self.raise(*index, *value)),
            Sketch::Dense(others) => {
                let mut registers = self.registers();
                for (register, other) in registers.iter_mut().zip(others) {
                    *register = (*register).max(*other);
                }
                *self = Sketch::Dense(registers);
            }
        }
    }

    /// How many different values it has seen, about.
    pub(super) fn cardinality(&self) -> i64 {
        match self {
            Sketch::Sparse(registers) => {
                let all = f64::from(1_u32 << SPARSE_BITS);
                let empty = all - registers.len() as f64;
                (all * (all / empty).ln()).round() as i64
            }
            Sketch::Dense(registers) => estimate(registers),
        }
    }

    /// The text that it is kept and shown as: JSON where it is sparse, Base64 where it is dense.
    pub(super) fn to_text(&self) -> String {
        match self {
            Sketch::Sparse(registers) => {
                let joined = |numbers: Vec<String>| numbers.join(",");
                let indices = joined(registers.keys().map(u32::to_string).collect());
                let values = joined(registers.values().map(u8::to_string).collect());
                format!(
                    "{{\"version\":1,\"logm\":{DENSE_BITS},\"sparse\":{{\"indices\":[{indices}],\"values\":[{values}]}}}}"
                )
            }
            Sketch::Dense(registers) => {
                base64(&DENSE_HEADER.iter().copied().chain(packed(registers)).collect::<Vec<_>>())
            }
        }
    }

    /// Reads a sketch from its text.
    ///
    /// # Errors
    /// 22P02 where the text is none.
    pub(super) fn of_text(text: &str) -> Result<Sketch> {
        let invalid = || {
            let message = format!("invalid input syntax for type hllsketch: \"{text}\"");
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
        };
        let trimmed = text.trim();
        let sketch = if trimmed.starts_with('{') {
            sparse_of_json(trimmed)
        } else {
            from_base64(trimmed.trim_matches('"')).and_then(|bytes| dense_of_bytes(&bytes))
        };
        sketch.ok_or_else(invalid)
    }
}

fn dense_index(sparse: u32) -> usize {
    (sparse & ((1 << DENSE_BITS) - 1)) as usize
}

fn sparse_of_json(text: &str) -> Option<Sketch> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    if json.get("logm")?.as_u64()? != u64::from(DENSE_BITS) {
        return None;
    }
    let numbers = |name: &str| -> Option<Vec<u64>> {
        json.get("sparse")?.get(name)?.as_array()?.iter().map(serde_json::Value::as_u64).collect()
    };
    let (indices, values) = (numbers("indices")?, numbers("values")?);
    if indices.len() != values.len() {
        return None;
    }
    let mut sketch = Sketch::default();
    for (index, value) in indices.into_iter().zip(values) {
        let index = u32::try_from(index).ok().filter(|index| *index < 1 << SPARSE_BITS)?;
        let value = u8::try_from(value).ok().filter(|value| (1..=MOST).contains(value))?;
        sketch.raise(index, value);
    }
    Some(sketch)
}

/// Four registers in three bytes.
fn packed(registers: &[u8]) -> impl Iterator<Item = u8> + '_ {
    registers.as_chunks::<4>().0.iter().flat_map(|four| {
        let bits = four.iter().fold(0_u32, |bits, register| bits << 6 | u32::from(*register));
        let [_, a, b, c] = bits.to_be_bytes();
        [a, b, c]
    })
}

fn dense_of_bytes(bytes: &[u8]) -> Option<Sketch> {
    let packed = bytes.strip_prefix(&DENSE_HEADER)?;
    if packed.len() != (1 << DENSE_BITS) / 4 * 3 {
        return None;
    }
    let registers = packed.as_chunks::<3>().0.iter().flat_map(|[a, b, c]| {
        let bits = u32::from_be_bytes([0, *a, *b, *c]);
        [18, 12, 6, 0].map(|shift| (bits >> shift & 63) as u8)
    });
    Some(Sketch::Dense(registers.collect()))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// Ertl's improved estimator.
fn estimate(registers: &[u8]) -> i64 {
    let m = registers.len() as f64;
    let mut counts = [0_u32; MOST as usize + 1];
    registers.iter().for_each(|register| counts[usize::from(*register)] += 1);
    let mut z = m * tau(1.0 - f64::from(counts[usize::from(MOST)]) / m);
    for count in counts[1..usize::from(MOST)].iter().rev() {
        z = 0.5 * (z + f64::from(*count));
    }
    z += m * sigma(f64::from(counts[0]) / m);
    let estimated = m / (2.0 * std::f64::consts::LN_2) * m / z;
    estimated.round() as i64
}

fn sigma(x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut x, mut y, mut z) = (x, 1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut x, mut y, mut z) = (x, 1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl Iterator<Item = i32>) -> Sketch {
        let mut sketch = Sketch::default();
        numbers.for_each(|number| sketch.add(&number.to_le_bytes()));
        sketch
    }

    #[test]
    fn sketches_are_those_of_the_guide() {
        // r_HLL_CREATE_SKETCH, r_HLL_COMBINE.
        let four =
            r#"{"version":1,"logm":15,"sparse":{"indices":[20812342,20850007,22362299,47158030],"values":[1,2,1,1]}}"#;
        assert_eq!(of(1..=4).to_text(), four);
        let six = concat!(
            r#"{"version":1,"logm":15,"sparse":{"indices":[20812342,20850007,22362299,40314817,42650774,47158030],"#,
            r#""values":[1,2,1,3,2,1]}}"#
        );
        let mut all = of(1..=4);
        all.merge(&of(3..=6));
        assert_eq!(all.to_text(), six);
        assert_eq!(all.cardinality(), 6);
        assert_eq!(Sketch::default().to_text(), r#"{"version":1,"logm":15,"sparse":{"indices":[],"values":[]}}"#);
        assert_eq!(Sketch::default().cardinality(), 0);
    }

    #[test]
    fn sketches_survive_their_text() {
        for count in [0, 1, 100, 6_144, 6_145, 50_000] {
            let sketch = of(0..count);
            assert_eq!(Sketch::of_text(&sketch.to_text()), Ok(sketch), "{count}");
        }
        assert!(matches!(of(0..50_000), Sketch::Dense(_)));
        let wrong = ["", "{}", "AAAA", r#"{"logm":14,"sparse":{"indices":[],"values":[]}}"#, "\u{e9}"];
        wrong.iter().for_each(|text| assert!(Sketch::of_text(text).is_err(), "{text}"));
    }

    #[test]
    fn estimates_are_near() {
        for count in [1, 10, 1_000, 6_000, 10_000, 200_000] {
            let estimated = of(0..count).cardinality();
            let error = (estimated - i64::from(count)).abs() as f64 / f64::from(count);
            assert!(error < 0.02, "{count} is estimated as {estimated}");
        }
    }

    #[test]
    fn what_two_sketches_have_seen_counts_once() {
        let mut all = of(0..40_000);
        all.merge(&of(20_000..60_000));
        let direct = of(0..60_000);
        assert_eq!(all, direct);
        let mut sparse = of(0..10);
        sparse.merge(&direct);
        assert_eq!(sparse, direct);
    }
}
