//! The interface between the drills and their scripts.
//!
//! `scripts/drill` sets two variables, `scripts/drill-report` reads lines of the test output, and
//! `scripts/drills` lists the drills.

use std::ops::Range;

/// Returns how often a random test is repeated. The default for the test suite is 3.
pub fn drill_rounds() -> u32 {
    number("CLIPLYCTL_DRILL_ROUNDS").unwrap_or(3)
}

/// Returns the number of jobs of a drill, by default the number that the test suite uses.
pub fn jobs(default: u32) -> u32 {
    number("CLIPLYCTL_DRILL_JOBS").unwrap_or(default)
}

/// Whether `scripts/drill` runs the drills in full size. The test suite runs small ones.
pub fn is_full_run() -> bool {
    number("CLIPLYCTL_DRILL_ROUNDS").or(number("CLIPLYCTL_DRILL_JOBS")).is_some()
}

/// Returns the number of random interleavings of writes. The default for the test suite is 100.
pub fn interleavings() -> u32 {
    number("CLIPLYCTL_WRITES_INTERLEAVINGS").or(number("CLIPLYCTL_DRILL_ROUNDS")).unwrap_or(100)
}

fn number(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

/// Prints what a drill did, for the report, on a line of its own.
pub fn report_run(text: &str) {
    println!("\nran: {text}");
}

/// Prints what a drill could not do on this machine and why, for the report.
pub fn report_skipped(text: &str) {
    println!("\nnot run: {text}");
}

/// Returns the number of inputs of a property test. The default for the test suite is 64.
pub fn cases() -> u32 {
    number("CLIPLYCTL_DRILL_ROUNDS").unwrap_or(64)
}

/// Returns the seeds of the random layouts. The default for the test suite is the same 24 at all times.
pub fn layout_seeds() -> Range<u32> {
    match number("CLIPLYCTL_LAYOUT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CLIPLYCTL_DRILL_ROUNDS").unwrap_or(24),
    }
}
