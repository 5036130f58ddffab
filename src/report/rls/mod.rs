//! The answers of `rls`.

pub mod audit;
pub mod contract;
pub mod diff;
pub mod explain;
pub mod matrix;

use crate::facts::access::observation::Outcome;
use crate::facts::access::{Audit, Command};

/// What was observed for a cell, in a few words: each persona of the role in turn.
fn observed(audit: &Audit, table: &str, role: &str, command: Command) -> Option<String> {
    let trials = audit.observations.trials.iter();
    let mine =
        trials.filter(|t| t.table == table && t.command == command && t.persona.role() == role);
    let words: Vec<_> =
        mine.map(|t| format!("{}: {}", t.persona.word(), outcome(&t.outcome))).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Denied => "refused".to_owned(),
        Outcome::Failed(why) => format!("failed ({why})"),
        Outcome::Planned { nothing: true } => "planned, no row".to_owned(),
        Outcome::Planned { nothing: false } => "planned".to_owned(),
        Outcome::Rows { own, of_own, foreign, of_foreign } => {
            format!("{own} of {of_own} own, {foreign} of {of_foreign} foreign rows")
        }
    }
}
