//! What the claim functions of a database tell about its jobs.

use serde::{Deserialize, Serialize};

use super::catalog::CatalogFunction;
use super::claim::{increments, is_claim_function, reads_queued, updates_jobs};
use super::conditions::{Columns, ComparedWith, comparisons, hands_out};
use super::{Layout, Lifecycle, Retries};

/// When an attempt of a job is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// What jobs show. `has_none`: a claimed or finished job has no counted attempt, so that claims do not count.
    /// `has_counted`: one that never failed has a counted attempt, or a claimed one has used all, so that they do.
    pub(crate) fn shown_by_jobs(has_none: bool, has_counted: bool) -> Self {
        match (has_none, has_counted) {
            (true, _) => Self::AtFailure,
            (false, true) => Self::AtClaim,
            (false, false) => Self::Unknown,
        }
    }

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
    /// Names of the functions that claim jobs.
    pub(crate) functions: Vec<String>,
    /// When they count an attempt.
    pub(crate) counting: Counting,
    /// Which failed jobs are tried again.
    pub(crate) retries: Retries,
}

impl Claims {
    /// Reads the sources of the functions.
    pub(crate) fn new(functions: &[CatalogFunction], layout: &Layout) -> Self {
        let claims: Vec<_> = functions.iter().filter(|f| claims_jobs(&f.source, layout)).collect();
        Self {
            counting: counting(&claims, functions, layout),
            retries: Retries::new(&claims, layout),
            functions: claims.iter().map(|function| function.name.clone()).collect(),
        }
    }
}

/// Whether a function gives jobs to workers. One that requeues, cancels or archives jobs may lock rows as well, and
/// compare the same states.
fn claims_jobs(source: &str, layout: &Layout) -> bool {
    let columns = Columns { table: &layout.relation.name, column: &layout.state_column, id: "id" };
    let others: Vec<String> = Lifecycle::ALL
        .into_iter()
        .filter(|role| !matches!(role, Lifecycle::Claimed | Lifecycle::Other))
        .flat_map(|role| layout.state_names.values(role))
        .cloned()
        .collect();
    let failed = layout.state_names.values(Lifecycle::Failed);
    let takes_failed = || {
        comparisons(source, columns).iter().any(|comparison| match &comparison.with {
            ComparedWith::Is(values) => {
                !comparison.is_by_id && values.iter().any(|value| failed.contains(value))
            }
            ComparedWith::IsNot(_) | ComparedWith::Unreadable => false,
        })
    };
    is_claim_function(source)
        && (reads_queued(source, &layout.state_column) || takes_failed())
        && hands_out(source, columns, &others)
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
