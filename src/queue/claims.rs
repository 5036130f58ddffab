//! What the claim functions of a database tell about its jobs.

use super::catalog::CatalogFunction;
use super::claim::{increments, is_claim_function, reads_queued};
use super::conditions::{Columns, ComparedWith, comparisons, hands_out};
use super::{Layout, Lifecycle, Retries};

/// What the functions of a database do with its jobs. A worker may claim without one: then nothing is known, and the
/// usual is assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Names of the functions that claim jobs.
    pub(crate) functions: Vec<String>,
    /// Whether a claim counts an attempt; otherwise a failure does.
    pub(crate) count_attempts: bool,
    /// Which failed jobs are tried again.
    pub(crate) retries: Retries,
}

impl Claims {
    /// Reads the sources of the functions.
    pub(crate) fn new(functions: &[CatalogFunction], layout: &Layout) -> Self {
        let claims: Vec<_> = functions.iter().filter(|f| claims_jobs(&f.source, layout)).collect();
        let count_attempts = layout.attempts.as_ref().is_some_and(|attempts| {
            claims.iter().any(|function| increments(&function.source, attempts))
        });
        Self {
            count_attempts,
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
