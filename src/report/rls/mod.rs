//! The answers of `rls`.

pub mod audit;
pub mod contract;
pub mod explain;
pub mod matrix;

use crate::facts::access::observation::Outcome;
use crate::facts::access::{Audit, Command};

/// What was observed for a cell, in a few words: each persona of the role in turn.
fn observed(audit: &Audit, table: &str, role: &str, command: Command) -> Option<String> {
    if command != Command::Select {
        return None;
    }
    let reads = audit.observations.reads.iter();
    let mine = reads.filter(|r| r.table == table && r.persona.role() == role);
    let words: Vec<_> =
        mine.map(|r| format!("{}: {}", r.persona.word(), outcome(&r.outcome))).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Denied => "refused".to_owned(),
        Outcome::Failed(why) => format!("failed ({why})"),
        Outcome::Rows { own, of_own, foreign, of_foreign } => {
            format!("{own} of {of_own} own, {foreign} of {of_foreign} foreign rows")
        }
    }
}
