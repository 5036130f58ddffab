//! Support for the tests: a PostgreSQL server, an HTTP server, the binary under test, a terminal.
//!
//! It may import the public modules of the crate. Tests use it; it uses no test.
#![allow(dead_code, reason = "a shelf of tools: not every one is in use at all times")]

pub mod cli;
pub mod distance;
pub mod drill;
pub mod fixtures;
pub mod http;
pub mod interleavings;
pub mod partitions;
pub mod postgres;
pub mod pty;
pub mod readiness;
pub mod report_schema;
pub mod restart;
pub mod standby;
pub mod suggested;
pub mod wire;

use std::time::{Duration, Instant};

/// The longest time to wait for a condition. Generous, because the machine may be loaded.
pub const MAX_WAIT: Duration = Duration::from_secs(60);

/// Waits until `done` returns true. Fails the test after [`MAX_WAIT`].
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + MAX_WAIT;
    while !done() {
        assert!(Instant::now() < deadline, "gave up waiting until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
