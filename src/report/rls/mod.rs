//! The reports of `rls audit`, `contract`, `diff`, `explain` and `matrix`.

pub(crate) mod audit;
pub(crate) mod contract;
pub(crate) mod diff;
pub(crate) mod explain;
mod left_out;
pub(crate) mod matrix;
pub(crate) mod whocan;

use crate::access::compute::{applicable, binds, compute_access, failure, real_rows, sides};
use crate::checks::rls::agrees;
use crate::facts::Suggestion;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::evaluated::Identity;
use crate::facts::access::tested::AccessTestResult;
use crate::facts::access::{Audit, SqlCommand};
use crate::suggest::ShellCommand;

/// Returns the command that explains a cell: the first cell that contradicts the contract,
/// otherwise the first one that the contract covers.
fn describe_access(audit: &Audit, scope: &[String]) -> Option<Suggestion> {
    let is_declared = |table: &&Relation| audit.contract.tables.contains_key(&table.name);
    let cells = || {
        audit.catalog.tables().filter(is_declared).flat_map(|table| {
            let roles = audit.catalog.roles.iter();
            roles.flat_map(move |role| SqlCommand::ALL.map(|command| (table, role, command)))
        })
    };
    let contradicting =
        cells().find(|(table, role, command)| contradicted(audit, table, role, *command));
    let (table, role, command) = contradicting.or_else(|| cells().next())?;
    let can = match compute_access(&audit.catalog, table, role, command) {
        ComputedAccess::All | ComputedAccess::Rows(_) => "can",
        ComputedAccess::Denied(_) | ComputedAccess::Fails(_) => "cannot",
    };
    let (table, role, command) = (&table.name, &role.name, command.sql());
    let purpose = format!("why {role} {can} {command} {table}");
    let command = command.to_lowercase();
    let explain = ShellCommand::new("rls explain").arg(table).arg(role).arg(command).args(scope);
    Some(Suggestion::new(explain, purpose))
}

/// Returns whether the computed access differs from the contract.
fn contradicted(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> bool {
    let contract = audit.contract.tables.get(&table.name);
    let entry = contract.and_then(|c| Some((c, c.permission(&role.name, command)?)));
    entry.is_some_and(|(contract, permission)| {
        let computed = compute_access(&audit.catalog, table, role, command);
        !agrees(&audit.catalog, contract, &permission, (table, role, command), &computed)
    })
}

/// Returns what the tests of a cell showed, for each test role of the role.
fn observed(audit: &Audit, table: &str, role: &str, command: SqlCommand) -> Option<String> {
    let tests = audit.observations.tests.iter();
    let matching =
        tests.filter(|t| t.table == table && t.command == command && t.persona.role() == role);
    let results: Vec<_> =
        matching.map(|t| format!("{}: {}", t.persona.as_str(), result_text(&t.outcome))).collect();
    if results.is_empty() {
        evaluated(audit, table, role, command)
    } else {
        Some(results.join("; "))
    }
}

/// Returns how many sampled rows each identity of a role reaches, in words.
fn evaluated(audit: &Audit, table: &str, role: &str, command: SqlCommand) -> Option<String> {
    let (table, role) = (audit.catalog.relation(table)?, audit.catalog.role(role)?);
    let results: Vec<_> = reached_rows(audit, table, role, command)
        .into_iter()
        .map(|(identity, rows, of)| format!("{}: {rows} of {of} sampled rows", identity.as_str()))
        .collect();
    (!results.is_empty()).then(|| results.join("; "))
}

/// Returns the number of sampled rows that the policies admit to each identity of a role, and of tested rows.
fn reached_rows(
    audit: &Audit,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> Vec<(Identity, usize, usize)> {
    let catalog = &audit.catalog;
    let (name, sql) = (&role.name, command.sql());
    let is_granted = table.has(name, sql) || table.has_column(name, sql);
    let Some(evaluated) = catalog.evaluations.tables.get(&table.name) else { return vec![] };
    if !is_granted
        || !binds(table, role)
        || !evaluated.has_real_rows()
        || failure(catalog, table, role, command).is_some()
    {
        return vec![];
    }
    let policies: Vec<_> = applicable(catalog, table, role, command).collect();
    let sides = sides(&policies, command);
    let runs = evaluated.deciding_runs(&role.name);
    let result = runs.map(|run| {
        let (rows, of) = real_rows(evaluated, &sides, run);
        (run.identity.clone(), rows, of)
    });
    result.collect()
}

fn result_text(result: &AccessTestResult) -> String {
    match result {
        AccessTestResult::Denied => "denied".to_owned(),
        AccessTestResult::Failed(why) => format!("failed ({why})"),
        AccessTestResult::Planned { nothing: true } => "allowed (EXPLAIN), no row".to_owned(),
        AccessTestResult::Planned { nothing: false } => "allowed (EXPLAIN)".to_owned(),
        AccessTestResult::Rows { own, of_own, foreign, of_foreign } => {
            format!(
                "{own} of {of_own} own rows, {foreign} of {of_foreign} rows of other workspaces"
            )
        }
    }
}
