//! Random interleavings of steps, from a fixed and a random seed.

use std::hash::{BuildHasher as _, RandomState};

use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// The errors of failed attempts. Each failure has a cause of its own: a requeue of several jobs that failed just
/// now for one cause needs a canary.
pub const CAUSES: [&str; 8] = [
    "codec is missing",
    "mailbox is full",
    "login was rejected",
    "file does not exist",
    "disk quota exceeded",
    "worker ran out of memory",
    "invalid aspect ratio",
    "upstream answered with garbage",
];

/// Returns the seed of CLIPLYCTL_WRITES_SEED, otherwise a random one.
pub fn random_seed() -> u64 {
    match std::env::var("CLIPLYCTL_WRITES_SEED") {
        Ok(seed) => seed.parse().expect("CLIPLYCTL_WRITES_SEED is a number"),
        Err(_) => RandomState::new().hash_one(std::process::id()),
    }
}

/// Runs this many interleavings of a seed, each of a value of `setting` and two to eight steps. Returns the sum of the
/// jobs that they wrote, which is at least one for each: a test whose commands are all refused keeps every promise.
pub fn run<S: Strategy, T: Strategy>(
    (name, cases, seed): (&str, u32, u64),
    (setting, step): (S, T),
    interleaving: impl Fn(S::Value, Vec<T::Value>) -> Result<u64, TestCaseError>,
) -> u64 {
    let config =
        Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let written = std::cell::Cell::new(0);
    let result = runner.run(&(setting, vec(step, 2..9)), |(setting, steps)| {
        written.set(written.get() + interleaving(setting, steps)?);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{name}, seed {seed}: {error}"));
    let written = written.get();
    assert!(written >= cases.into(), "{name}: {written} jobs written in {cases} interleavings");
    written
}
