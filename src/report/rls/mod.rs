//! The answers of `rls`.

pub mod audit;
pub mod contract;
pub mod diff;
pub mod explain;
pub mod matrix;

use crate::access::compute::compute_access;
use crate::checks::rls::agrees;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::tested::AccessTestResult;
use crate::facts::access::{Audit, SqlCommand};

/// How to ask about a cell: of the declared ones the first that is contradicted, else the first of all.
fn describe_access(audit: &Audit, scope: &str) -> Option<(String, &'static str)> {
    let declared = |table: &&Relation| audit.contract.tables.contains_key(&table.name);
    let cells = || {
        audit.catalog.tables().filter(declared).flat_map(|table| {
            let roles = audit.catalog.roles.iter();
            roles.flat_map(move |role| SqlCommand::ALL.map(|command| (table, role, command)))
        })
    };
    let wrong = cells().find(|(table, role, command)| contradicted(audit, table, role, *command));
    let (cell, why) = match wrong {
        Some(cell) => (cell, "why this cell is not what is declared"),
        None => (cells().next()?, "which rows, and why: of this cell or another one"),
    };
    let (table, role, command) = (&cell.0.name, &cell.1.name, cell.2.sql().to_lowercase());
    let (table, role) = (shell_words::quote(table), shell_words::quote(role));
    Some((format!("cliplyctl rls explain {table} {role} {command}{scope}"), why))
}

/// Whether the catalog gives another access than the contract declares.
fn contradicted(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> bool {
    let contract = audit.contract.tables.get(&table.name);
    let declared = contract.and_then(|c| Some((c, c.permission(&role.name, command)?)));
    declared.is_some_and(|(contract, permission)| {
        let predicted = compute_access(&audit.catalog, table, role, command);
        !agrees(contract, &permission, role, command, &predicted)
    })
}

/// What was observed for a cell, in a few words: each persona of the role in turn.
fn observed(audit: &Audit, table: &str, role: &str, command: SqlCommand) -> Option<String> {
    let trials = audit.observations.trials.iter();
    let mine =
        trials.filter(|t| t.table == table && t.command == command && t.persona.role() == role);
    let words: Vec<_> =
        mine.map(|t| format!("{}: {}", t.persona.as_str(), outcome(&t.outcome))).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn outcome(outcome: &AccessTestResult) -> String {
    match outcome {
        AccessTestResult::Denied => "refused".to_owned(),
        AccessTestResult::Failed(why) => format!("failed ({why})"),
        AccessTestResult::Planned { nothing: true } => "planned, no row".to_owned(),
        AccessTestResult::Planned { nothing: false } => "planned".to_owned(),
        AccessTestResult::Rows { own, of_own, foreign, of_foreign } => {
            format!("{own} of {of_own} own, {foreign} of {of_foreign} foreign rows")
        }
    }
}
