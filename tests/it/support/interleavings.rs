//! Random interleavings of steps, from a fixed and a random seed.

use std::hash::{BuildHasher as _, RandomState};

use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::drill::report_run;

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

/// Runs half of the interleavings from the fixed seed and half from CLIPLYCTL_WRITES_SEED or a random seed, each of a
/// value of `setting` and two to eight steps. An interleaving returns how many jobs it wrote: a test whose commands
/// are all refused keeps every promise, so those of the fixed seed must write at least one job each on average.
pub fn run<S: Strategy, T: Strategy>(
    name: &str,
    half: u32,
    fixed_seed: u64,
    (setting, step): (S, T),
    interleaving: impl Fn(S::Value, Vec<T::Value>) -> Result<u64, TestCaseError>,
) {
    let random_seed = random_seed();
    println!(
        "{name}: {half} interleavings with seed {fixed_seed}, {half} with CLIPLYCTL_WRITES_SEED={random_seed}"
    );
    let strategy = (setting, vec(step, 2..9));
    let run_half = |seed: u64| {
        let config = Config {
            cases: half,
            max_shrink_iters: 60,
            failure_persistence: None,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let written = std::cell::Cell::new(0);
        let result = TestRunner::new_with_rng(config, rng).run(&strategy, |(setting, steps)| {
            written.set(written.get() + interleaving(setting, steps)?);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{name}, seed {seed}: {error}"));
        written.get()
    };
    let from_fixed_seed = run_half(fixed_seed);
    assert!(
        from_fixed_seed >= half.into(),
        "{name}: {from_fixed_seed} jobs written in {half} interleavings of seed {fixed_seed}"
    );
    report_run(&format!(
        "{name}: {} interleavings, seeds {fixed_seed} and {random_seed}, {} jobs written: 0 violations",
        2 * half,
        from_fixed_seed + run_half(random_seed)
    ));
}

/// Returns the seed of CLIPLYCTL_WRITES_SEED, otherwise a random one.
fn random_seed() -> u64 {
    match std::env::var("CLIPLYCTL_WRITES_SEED") {
        Ok(seed) => seed.parse().expect("CLIPLYCTL_WRITES_SEED is a number"),
        Err(_) => RandomState::new().hash_one(std::process::id()),
    }
}
