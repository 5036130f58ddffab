//! What the tests stand on: a real database server, a rude HTTP server, the binary, a terminal.
#![allow(dead_code, reason = "a shelf of tools: not every one is in use at all times")]

pub mod cli;
pub mod drill;
pub mod fixtures;
pub mod http;
pub mod partitions;
pub mod postgres;
pub mod pty;
pub mod readiness;
pub mod restart;
pub mod standby;
pub mod wire;

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up: generous, for a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `done` says so; fails the test after [`PATIENCE`].
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "gave up waiting until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
