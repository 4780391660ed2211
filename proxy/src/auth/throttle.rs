//! Failed logins are slowed: for the user's name, known or not, and for the address that they come from.
//!
//! The first few failures cost nothing, because people mistype. Behind them each try waits its turn: a turn is twice as long as
//! the one before, up to a bound, and tries that come together queue. Who would have to wait too long is turned away without
//! a look at the password, in the same words. Success gives the user's turns back; those of the address only fade, so that an
//! account of one's own does not help to guess another's.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Failures that cost nothing.
const FREE: u32 = 3;
/// The first turn.
const FIRST: Duration = Duration::from_millis(250);
/// The longest turn.
const LONGEST: Duration = Duration::from_secs(4);
/// Who would have to wait longer is turned away.
const PATIENCE: Duration = Duration::from_secs(20);
/// Failures are forgotten when there was none for so long.
const MEMORY: Duration = Duration::from_secs(300);
/// Names and addresses that are remembered; beyond them the oldest are forgotten.
const MOST: usize = 10_000;

/// Whose failures are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    User(String),
    Source(String),
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    last: Instant,
    /// When the next try has its turn.
    free_at: Instant,
}

/// What becomes of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is looked at after this time.
    After(Duration),
    /// It is not looked at.
    Never,
}

/// The failures of late.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Key, Record>>);

impl Throttle {
    fn records(&self) -> MutexGuard<'_, HashMap<Key, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When may a try be looked at that comes now?
    pub fn turn(&self, user: &str, source: &str, now: Instant) -> Turn {
        let mut records = self.records();
        let keys = keys(user, source);
        let wait = |record: &Record| record.free_at.saturating_duration_since(now);
        let waits = keys.iter().filter_map(|key| records.get(key)).map(wait);
        let longest = waits.max().unwrap_or_default();
        if longest > PATIENCE {
            return Turn::Never;
        }
        // The next one queues behind it.
        for key in &keys {
            if let Some(record) = records.get_mut(key).filter(|record| record.failures > FREE) {
                record.free_at = now + longest + length(record.failures);
            }
        }
        Turn::After(longest)
    }

    /// A try has failed.
    pub fn failed(&self, user: &str, source: &str, now: Instant) {
        let mut records = self.records();
        for key in keys(user, source) {
            if records.len() >= MOST && !records.contains_key(&key) {
                forget(&mut records, now);
            }
            let record = records.entry(key).or_insert(Record { failures: 0, last: now, free_at: now });
            if now.saturating_duration_since(record.last) > MEMORY {
                record.failures = 0;
            }
            record.failures = record.failures.saturating_add(1);
            record.last = now;
            record.free_at = record.free_at.max(now + length(record.failures));
        }
    }

    /// A try has succeeded.
    pub fn succeeded(&self, user: &str) {
        self.records().remove(&Key::User(user.to_string()));
    }
}

fn keys(user: &str, source: &str) -> [Key; 2] {
    [Key::User(user.to_string()), Key::Source(source.to_string())]
}

/// How long a turn is behind so many failures.
fn length(failures: u32) -> Duration {
    match failures.checked_sub(FREE + 1) {
        None => Duration::ZERO,
        Some(doublings) => FIRST.saturating_mul(1 << doublings.min(10)).min(LONGEST),
    }
}

/// Makes room: what is old goes, and where nothing is, the older half.
fn forget(records: &mut HashMap<Key, Record>, now: Instant) {
    records.retain(|_, record| now.saturating_duration_since(record.last) <= MEMORY);
    if records.len() >= MOST {
        let mut moments: Vec<Instant> = records.values().map(|record| record.last).collect();
        moments.sort_unstable();
        let middle = moments[moments.len() / 2];
        records.retain(|_, record| record.last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn turns_grow_with_failures_up_to_a_bound() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..9 {
            // One after the other: each comes when its turn is there.
            let Turn::After(wait) = throttle.turn("ana", "10.0.0.1", now) else { panic!("turned away") };
            waits.push(wait.as_millis());
            throttle.0.lock().unwrap().values_mut().for_each(|record| record.free_at = now);
            throttle.failed("ana", "10.0.0.1", now);
        }
        assert_eq!(waits, [0, 0, 0, 0, 250, 500, 1_000, 2_000, 4_000]);
    }

    #[test]
    fn tries_that_come_together_queue_until_there_are_too_many() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        (0..20).for_each(|_| throttle.failed("ana", "10.0.0.1", now));
        let turns: Vec<Turn> = (0..7).map(|_| throttle.turn("ana", "10.0.0.1", now)).collect();
        let seconds = |n| Turn::After(Duration::from_secs(n));
        assert_eq!(turns, [seconds(4), seconds(8), seconds(12), seconds(16), seconds(20), Turn::Never, Turn::Never]);
    }

    #[test]
    fn the_address_pays_for_all_names_and_success_helps_the_name_alone() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..20 {
            throttle.failed(&format!("user{n}"), "10.0.0.1", now);
        }
        assert_ne!(throttle.turn("ana", "10.0.0.1", now), Turn::After(Duration::ZERO));
        assert_eq!(throttle.turn("ana", "10.0.0.2", now), Turn::After(Duration::ZERO));
        throttle.succeeded("ana");
        assert_ne!(throttle.turn("ana", "10.0.0.1", now), Turn::After(Duration::ZERO));
    }

    #[test]
    fn failures_fade() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        (0..20).for_each(|_| throttle.failed("ana", "10.0.0.1", now));
        let later = now + MEMORY + MILLISECOND;
        throttle.failed("ana", "10.0.0.1", later);
        assert_eq!(throttle.turn("ana", "10.0.0.1", later), Turn::After(Duration::ZERO));
    }

    #[test]
    fn memory_is_bounded() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..MOST as u32 * 2 {
            throttle.failed(&format!("user{n}"), "10.0.0.1", now + n * MILLISECOND);
        }
        assert!(throttle.records().len() <= MOST);
    }
}
