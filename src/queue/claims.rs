//! What the claim functions of a database tell about its jobs.

use super::catalog::CatalogFunction;
use super::claim::{compared_values_of, increments, is_claim_function, reads_queued, updates_jobs};
use super::{Layout, Lifecycle};

/// When an attempt of a job is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Counting {
    /// When a worker claims the job, so that a running attempt is included.
    AtClaim,
    /// When the attempt fails.
    AtFailure,
    /// Nothing shows it.
    #[default]
    Unknown,
}

impl Counting {
    /// The word of the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AtClaim => "at_claim",
            Self::AtFailure => "at_failure",
            Self::Unknown => "unknown",
        }
    }
}

/// What the functions of a database do with its jobs. A worker may claim without one: then nothing is known, and the
/// usual is assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Names of the functions that claim queued jobs.
    pub(crate) functions: Vec<String>,
    /// When they count an attempt.
    pub(crate) counting: Counting,
    /// States of failed jobs that no function takes up again; empty without a claim function.
    pub(crate) given_up: Vec<String>,
}

impl Claims {
    /// Reads the sources of the functions.
    pub(crate) fn new(functions: &[CatalogFunction], layout: &Layout) -> Self {
        let column = layout.state_column.as_str();
        let is_claim = |function: &&CatalogFunction| {
            is_claim_function(&function.source) && reads_queued(&function.source, column)
        };
        let claims: Vec<_> = functions.iter().filter(is_claim).collect();
        Self {
            counting: counting(&claims, functions, layout),
            given_up: if claims.is_empty() { vec![] } else { given_up(&claims, functions, layout) },
            functions: claims.iter().map(|function| function.name.clone()).collect(),
        }
    }
}

/// When attempts are counted: by a claim function, or, if none of them does, by the functions that fail jobs. Without a
/// claim function, the application claims, and may count.
fn counting(
    claims: &[&CatalogFunction],
    functions: &[CatalogFunction],
    layout: &Layout,
) -> Counting {
    let Some(attempts) = &layout.attempts else { return Counting::Unknown };
    let counts = |function: &CatalogFunction| increments(&function.source, attempts);
    if claims.iter().any(|claim| counts(claim)) {
        return Counting::AtClaim;
    }
    let counts_failure =
        |function: &CatalogFunction| updates_jobs(&function.source) && counts(function);
    if !claims.is_empty() || functions.iter().any(counts_failure) {
        return Counting::AtFailure;
    }
    Counting::Unknown
}

/// The failed states that no claim has in a condition, and no other function that writes jobs, such as one that
/// requeues failed jobs. The condition of a claim that cannot be read, such as `<>` or a parameter, may cover any
/// state.
fn given_up(
    claims: &[&CatalogFunction],
    functions: &[CatalogFunction],
    layout: &Layout,
) -> Vec<String> {
    let compared =
        |function: &CatalogFunction| compared_values_of(&function.source, &layout.state_column);
    if claims.iter().any(|claim| compared(claim).is_none()) {
        return vec![];
    }
    let writers = functions.iter().filter(|function| updates_jobs(&function.source));
    let taken: Vec<String> = writers.filter_map(compared).flatten().collect();
    let failed = layout.state_names.values(Lifecycle::Failed).iter();
    failed.filter(|state| !taken.contains(state)).cloned().collect()
}
