//! The numbers of RANDOM().
//!
//! Source: developer guide, "RANDOM function": after `set seed to .25` its examples give 21, 79 and 12, which is the
//! sequence of the C library's `random()` seeded with .25 * (2^31 - 1), as PostgreSQL 8.0 does it.

use std::{
    hash::{Hash, Hasher},
    sync::{Arc, Mutex},
};

/// The largest number that the generator gives, and what a seed of 1 stands for.
const LARGEST: f64 = 2_147_483_647.0;
/// How many numbers back the second summand is.
const DEGREE: usize = 31;
/// How many numbers back the first is.
const SEPARATION: usize = 3;

/// A session's generator. Cloning gives another handle of the same.
#[derive(Debug, Clone)]
pub struct Random(Arc<Mutex<Generator>>);

impl Random {
    /// A generator at a place of its sequence that nobody knows.
    pub fn new() -> Random {
        let nanoseconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seed = nanoseconds.map_or(1, |since| since.as_nanos() as u32);
        Random(Arc::new(Mutex::new(Generator::new(seed & 0x7fff_ffff))))
    }

    /// `set seed`: a number from -1 to 1.
    pub fn seed(&self, seed: f64) {
        *self.lock() = Generator::new((seed * LARGEST) as i64 as u32);
    }

    /// So many numbers from 0 to 1.
    pub fn take(&self, count: usize) -> Vec<f64> {
        let mut generator = self.lock();
        (0..count).map(|_| f64::from(generator.next()) / LARGEST).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generator> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Default for Random {
    fn default() -> Self {
        Random::new()
    }
}

impl PartialEq for Random {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Random {}

impl Hash for Random {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// The additive feedback generator of the C library: each number is the sum of the 3rd and the 31st before it.
#[derive(Debug)]
struct Generator {
    state: [u32; DEGREE],
    at: usize,
}

impl Generator {
    fn new(seed: u32) -> Generator {
        let mut state = [0_u32; DEGREE];
        state[0] = if seed == 0 { 1 } else { seed };
        for index in 1..DEGREE {
            let before = i64::from(state[index - 1] as i32);
            let next = (16_807 * before) % 2_147_483_647;
            state[index] = (if next < 0 { next + 2_147_483_647 } else { next }) as u32;
        }
        let mut generator = Generator { state, at: SEPARATION };
        for _ in 0..10 * DEGREE {
            generator.next();
        }
        generator
    }

    fn next(&mut self) -> u32 {
        let rear = (self.at + DEGREE - SEPARATION) % DEGREE;
        let sum = self.state[self.at].wrapping_add(self.state[rear]);
        self.state[self.at] = sum;
        self.at = (self.at + 1) % DEGREE;
        sum >> 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_documented_sequence() {
        let random = Random::new();
        for _ in 0..2 {
            random.seed(0.25);
            let numbers: Vec<i64> = random.take(3).iter().map(|number| (number * 100.0).round() as i64).collect();
            assert_eq!(numbers, [21, 79, 12]);
        }
    }
}
