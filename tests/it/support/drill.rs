//! What a drill is told, and what it tells: `scripts/drill` sets two variables, and `scripts/drill-report`
//! reads lines out of what the tests print. The list is `scripts/drills`.

/// How often something left to chance is tried: three times in the test suite.
pub fn drill_rounds() -> u32 {
    number("CLIPLYCTL_DRILL_ROUNDS").unwrap_or(3)
}

/// How many jobs each time; the drill knows how many are enough to see something.
pub fn jobs(enough: u32) -> u32 {
    number("CLIPLYCTL_DRILL_JOBS").unwrap_or(enough)
}

/// Whether `scripts/drill` wants all of it, and not the few minutes that the test suite has.
pub fn in_full() -> bool {
    number("CLIPLYCTL_DRILL_ROUNDS").or(number("CLIPLYCTL_DRILL_JOBS")).is_some()
}

fn number(name: &str) -> Option<u32> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

/// What a drill really did, in the report's words. On a line of its own, behind the test's name.
pub fn ran(what: &str) {
    println!("\nran: {what}");
}

/// What a drill could not do on this machine, and why: nothing is skipped in silence.
pub fn not_run(what: &str) {
    println!("\nnot run: {what}");
}

/// How many inputs a property is tried on: a few in the test suite.
pub fn cases() -> u32 {
    number("CLIPLYCTL_DRILL_ROUNDS").unwrap_or(64)
}
