//! Which of the columns `state` and `status` the worker maintains, if a table has both.

use super::catalog::{CatalogTable, StateColumnEvidence};
use super::claim::{is_claim_function, reads_queued};

/// The columns that can hold the state of a job.
pub(crate) const STATE_COLUMNS: [&str; 2] = ["state", "status"];

/// Whether the table has both columns, so that [`StateColumnEvidence`] is needed.
pub(crate) fn has_both(jobs: &CatalogTable) -> bool {
    STATE_COLUMNS.iter().all(|column| jobs.column(column).is_some())
}

/// The column for which there is evidence: the setting, or else the first kind of evidence that supports only
/// one column, strongest first. `None` if none does.
pub(crate) fn decide(jobs: &CatalogTable, evidence: &StateColumnEvidence) -> Option<&'static str> {
    let table = evidence.base.as_ref().unwrap_or(jobs);
    one_side(|column| evidence.setting.as_deref() == Some(column))
        .or_else(|| one_side(|column| !claim_functions(evidence, column).is_empty()))
        .or_else(|| one_side(|column| table.allows_dead_letters(column)))
        .or_else(|| one_side(|column| table.allowed_values(column).is_some()))
        .or_else(|| one_side(|column| has_partial_index(jobs, column)))
        .or_else(|| one_side(|column| evidence.distinct.get(column).is_some_and(|n| *n != 1.0)))
}

/// Names of the functions that claim jobs by this column.
pub(crate) fn claim_functions<'a>(evidence: &'a StateColumnEvidence, column: &str) -> Vec<&'a str> {
    let claims = evidence.functions.iter().filter(|function| {
        is_claim_function(&function.source) && reads_queued(&function.source, column)
    });
    claims.map(|function| function.name.as_str()).collect()
}

/// What is known about both columns, for the message that nothing decides.
pub(crate) fn describe_evidence(jobs: &CatalogTable, evidence: &StateColumnEvidence) -> String {
    let of = |column: &str| {
        let mut known = match claim_functions(evidence, column).as_slice() {
            [] => vec!["no claim function reads it".to_owned()],
            names => vec![format!("read by {}", names.join(", "))],
        };
        known.push(match jobs.allowed_values(column) {
            Some(values) => format!("allowed: {}", values.join(", ")),
            None => "no CHECK".to_owned(),
        });
        if has_partial_index(jobs, column) {
            known.push("a partial index".to_owned());
        }
        format!("{column} ({})", known.join("; "))
    };
    STATE_COLUMNS.map(of).join(", ")
}

/// The column that the evidence supports, if it supports only one.
fn one_side(holds: impl Fn(&str) -> bool) -> Option<&'static str> {
    let [state, status] = STATE_COLUMNS;
    match (holds(state), holds(status)) {
        (true, false) => Some(state),
        (false, true) => Some(status),
        _ => None,
    }
}

fn has_partial_index(jobs: &CatalogTable, column: &str) -> bool {
    jobs.indexes.iter().any(|index| {
        index.predicate.as_deref().is_some_and(|p| p.contains(&format!("({column} = ")))
    })
}
