//! What a server counts, in the text format of Prometheus.
//!
//! Names of users and texts are never labels: the page is for everybody who may ask for it, and its size is fixed.
//! Source: Prometheus documentation, "Exposition formats".

use std::{
    fmt::Write,
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Bounds of the histogram of durations, in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0, 3_600.0];

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Ending {
    Ok,
    Error,
    /// A policy did not let it pass.
    Refused,
    /// Its client did not wait for its end.
    Cancelled,
    /// It runs on in the warehouse, and the gateway has ended.
    Left,
}

impl Ending {
    const ALL: [Ending; 5] = [Ending::Ok, Ending::Error, Ending::Refused, Ending::Cancelled, Ending::Left];

    /// As metrics and the audit write it.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Ok => "ok",
            Ending::Error => "error",
            Ending::Refused => "refused",
            Ending::Cancelled => "cancelled",
            Ending::Left => "left",
        }
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// The number.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of a gauge, until it is dropped.
#[derive(Debug)]
pub struct Held<'a>(&'a Gauge);

impl Gauge {
    /// One more, until what is given is dropped.
    pub fn hold(&self) -> Held<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    /// So many more, or fewer.
    pub fn add(&self, difference: i64) {
        self.0.fetch_add(difference, Ordering::Relaxed);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

/// All that a server counts.
#[derive(Debug)]
pub struct Metrics {
    started: Instant,
    /// Connections of the wire protocol that are open, logged in or not.
    pub connections: Gauge,
    /// Connections that were accepted.
    pub accepted: Counter,
    /// Logins that succeeded.
    pub logins: Counter,
    /// Logins that failed.
    pub failed_logins: Counter,
    /// Sessions of the backend that are open.
    pub sessions: Gauge,
    /// Statements that are running.
    pub running: Gauge,
    statements: [Counter; 5],
    buckets: [Counter; BOUNDS.len()],
    microseconds: Counter,
    /// Rows that were sent.
    pub rows: Counter,
    /// Their bytes.
    pub bytes: Counter,
    /// HTTP requests.
    pub requests: Counter,
    /// Lines of the audit that could not be written.
    pub lost_audit_lines: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            started: Instant::now(),
            connections: Gauge::default(),
            accepted: Counter::default(),
            logins: Counter::default(),
            failed_logins: Counter::default(),
            sessions: Gauge::default(),
            running: Gauge::default(),
            statements: Default::default(),
            buckets: Default::default(),
            microseconds: Counter::default(),
            rows: Counter::default(),
            bytes: Counter::default(),
            requests: Counter::default(),
            lost_audit_lines: Counter::default(),
        }
    }
}

impl Metrics {
    /// A statement has ended.
    pub fn ended(&self, ending: Ending, took: Duration) {
        self.statements[ending as usize].increment();
        if ending != Ending::Refused {
            let seconds = took.as_secs_f64();
            if let Some(at) = BOUNDS.iter().position(|bound| seconds <= *bound) {
                self.buckets[at].increment();
            }
            self.microseconds.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// The page.
    pub fn render(&self) -> String {
        let mut page = Page(String::with_capacity(4_096));
        page.value("blueshift_up_seconds", "gauge", "Seconds since the start.", self.started.elapsed().as_secs());
        page.head("blueshift_build_info", "gauge", "The version.");
        page.line("blueshift_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.value("blueshift_connections", "gauge", "Open connections of the wire protocol.", self.connections.get());
        page.value("blueshift_connections_total", "counter", "Accepted connections.", self.accepted.get());
        page.head("blueshift_logins_total", "counter", "Logins by their outcome.");
        page.line("blueshift_logins_total", &[("outcome", "ok")], self.logins.get());
        page.line("blueshift_logins_total", &[("outcome", "refused")], self.failed_logins.get());
        page.value("blueshift_sessions", "gauge", "Open sessions.", self.sessions.get());
        page.value("blueshift_statements_running", "gauge", "Statements that are running.", self.running.get());
        page.head("blueshift_statements_total", "counter", "Statements by their outcome.");
        for ending in Ending::ALL {
            let labels = [("outcome", ending.name())];
            page.line("blueshift_statements_total", &labels, self.statements[ending as usize].get());
        }
        self.render_durations(&mut page);
        page.value("blueshift_rows_total", "counter", "Rows that were sent.", self.rows.get());
        page.value("blueshift_bytes_total", "counter", "Bytes of these rows in memory.", self.bytes.get());
        page.value("blueshift_http_requests_total", "counter", "HTTP requests.", self.requests.get());
        let lost = self.lost_audit_lines.get();
        page.value("blueshift_audit_lines_lost_total", "counter", "Audit lines that could not be written.", lost);
        page.0
    }

    fn render_durations(&self, page: &mut Page) {
        const NAME: &str = "blueshift_statement_duration_seconds";
        page.head(NAME, "histogram", "How long statements took that were not refused.");
        let mut cumulative = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            cumulative += bucket.get();
            page.line(&format!("{NAME}_bucket"), &[("le", &bound.to_string())], cumulative);
        }
        let endings = Ending::ALL.into_iter().filter(|ending| *ending != Ending::Refused);
        let count: u64 = endings.map(|ending| self.statements[ending as usize].get()).sum();
        // Beyond the last bound are those that are in no bucket; a statement that ends just now may not be everywhere yet.
        let count = count.max(cumulative);
        page.line(&format!("{NAME}_bucket"), &[("le", "+Inf")], count);
        page.line(&format!("{NAME}_sum"), &[], self.microseconds.get() as f64 / 1e6);
        page.line(&format!("{NAME}_count"), &[], count);
    }
}

/// A page of metrics. Writing to a string cannot fail.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{text}\"", if index == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn value(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_was_counted() {
        let metrics = Metrics::default();
        metrics.accepted.increment();
        metrics.ended(Ending::Ok, Duration::from_millis(3));
        metrics.ended(Ending::Error, Duration::from_secs(7_200));
        metrics.ended(Ending::Refused, Duration::ZERO);
        let held = metrics.connections.hold();
        let page = metrics.render();
        drop(held);
        for line in [
            "blueshift_connections 1",
            "blueshift_connections_total 1",
            "blueshift_statements_total{outcome=\"ok\"} 1",
            "blueshift_statements_total{outcome=\"refused\"} 1",
            "blueshift_statement_duration_seconds_bucket{le=\"0.001\"} 0",
            "blueshift_statement_duration_seconds_bucket{le=\"0.005\"} 1",
            "blueshift_statement_duration_seconds_bucket{le=\"3600\"} 1",
            "blueshift_statement_duration_seconds_bucket{le=\"+Inf\"} 2",
            "blueshift_statement_duration_seconds_sum 7200.003",
            "blueshift_statement_duration_seconds_count 2",
            "# TYPE blueshift_statement_duration_seconds histogram",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert_eq!(metrics.connections.get(), 0);
    }
}
