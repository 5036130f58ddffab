//! `rls.always_true`: policies that allow a client every row, also for reading only.

use std::collections::BTreeMap;

use super::helper::is_wrong;
use super::public_policy::is_unrestricted_service_policy;
use super::{Check, OWN_ROWS, alter_policy, clients, contract_table, table_finding};
use crate::access::admits::{admits_everything, open_to_non_members};
use crate::access::compute::{applicable, binds, compute_access, real_rows, sides};
use crate::access::policies::Side;
use crate::access::triggers::sets_owner;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies outside the contract that admit every row to a client. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.always_true",
    title: "policies that admit clients to every row",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let tables = audit.catalog.tables().filter(|t| contract_table(audit, &t.name).is_none());
    tables.flat_map(|table| open_policies(check, audit, table)).collect()
}

/// Returns one finding for each policy that opens the table, or each set of policies that do so together.
fn open_policies(check: &Check<Audit>, audit: &Audit, table: &Relation) -> Vec<Finding> {
    let mut causes: BTreeMap<Vec<&str>, Vec<(&Role, Vec<SqlCommand>)>> = BTreeMap::new();
    for role in clients(audit).filter(|role| binds(table, role)) {
        for command in SqlCommand::ALL.into_iter().filter(|c| is_open(audit, table, role, *c)) {
            let policies: Vec<_> = applicable(&audit.catalog, table, role, command).collect();
            let cause = responsible(audit, table, role, command, &policies);
            if cause.iter().any(|policy| is_unrestricted_service_policy(audit, policy)) {
                continue; // rls.public_policy reports it
            }
            if cause.iter().flat_map(|p| &p.functions).any(|f| is_wrong(audit, f)) {
                continue; // rls.helper reports it
            }
            let names = cause.iter().map(|policy| policy.name.as_str()).collect();
            let roles = causes.entry(names).or_default();
            match roles.iter_mut().find(|(known, _)| known.name == role.name) {
                Some((_, commands)) => commands.push(command),
                None => roles.push((role, vec![command])),
            }
        }
    }
    let finding = |(names, roles): (Vec<&str>, Vec<(&Role, Vec<SqlCommand>)>)| {
        let (message, fix) = describe(audit, table, &names, &roles);
        table_finding(check, audit, Status::Critical, &table.name, message, "pg_policy", fix)
    };
    causes.into_iter().map(finding).collect()
}

/// Whether a client reaches every row by any command.
pub(super) fn is_open_to(audit: &Audit, table: &Relation, role: &Role) -> bool {
    SqlCommand::ALL.into_iter().any(|command| is_open(audit, table, role, command))
}

/// Whether a client reaches every row, or every row as a user without any row.
fn is_open(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> bool {
    // The server checks what a trigger leaves of a new row, and so do its readers.
    if command == SqlCommand::Insert && sets_owner(&audit.catalog, table, command) {
        return false;
    }
    match compute_access(&audit.catalog, table, role, command) {
        ComputedAccess::All => true,
        ComputedAccess::Rows(_) => open_to_non_members(&audit.catalog, table, role, command),
        _ => false,
    }
}

/// Returns the policies that admit every row by themselves; all permissive ones if only several do together.
fn responsible<'a>(
    audit: &Audit,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
    policies: &[&'a Policy],
) -> Vec<&'a Policy> {
    let permissive: Vec<_> = policies.iter().copied().filter(|p| p.permissive).collect();
    let alone = permissive.iter().copied();
    let alone: Vec<_> =
        alone.filter(|p| admits_everything(&audit.catalog, table, role, command, p)).collect();
    if alone.is_empty() { permissive } else { alone }
}

fn describe(
    audit: &Audit,
    table: &Relation,
    names: &[&str],
    roles: &[(&Role, Vec<SqlCommand>)],
) -> (String, String) {
    let words =
        |commands: &[SqlCommand]| commands.iter().map(|c| c.sql()).collect::<Vec<_>>().join(", ");
    let allowed: Vec<_> = roles
        .iter()
        .map(|(role, commands)| format!("{} may {}", role.name, words(commands)))
        .collect();
    let subject = match names {
        [one] => format!("policy {one} admits every row"),
        several => format!("policies {} together admit every row", several.join(", ")),
    };
    let mut message = format!("{subject}: {}", allowed.join("; "));
    if let Some(tested) = tested(audit, table, roles) {
        message.push_str(&format!(". Tested: {tested}"));
    }
    let commands = roles.iter().flat_map(|(_, commands)| commands);
    let sides: Vec<Side> = commands.flat_map(|c| Side::of(*c)).copied().collect();
    let policies = audit.catalog.policies_on(&table.name);
    let policies = policies.filter(|policy| names.contains(&policy.name.as_str()));
    let statements: Vec<_> = policies.map(|p| alter_policy(p, &sides, OWN_ROWS)).collect();
    let fix = format!(
        "-- Restrict it to the rows that should be public, for example:\n{}",
        statements.join("\n")
    );
    (message, fix)
}

/// Returns how many sampled rows the first role reached by its first command.
fn tested(audit: &Audit, table: &Relation, roles: &[(&Role, Vec<SqlCommand>)]) -> Option<String> {
    let (role, commands) = roles.first()?;
    let command = *commands.first()?;
    let evaluated = audit.catalog.evaluations.tables.get(&table.name)?;
    let policies: Vec<_> = applicable(&audit.catalog, table, role, command).collect();
    let run = evaluated.deciding_runs(&role.name).next()?;
    let (reached, of) = real_rows(evaluated, &sides(&policies, command), run);
    (of > 0).then(|| format!("{reached} of {of} sampled rows"))
}
