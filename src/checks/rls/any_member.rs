//! `rls.any_member`: policies that ask whether the caller has a membership, and not of what.

use super::{Check, always_true, clients, contract_table, table_finding};
use crate::access::compute::applies_to;
use crate::access::paths::Paths;
use crate::access::rights::{Readers, Unscoped, conditions, unscoped};
use crate::access::self_grants::opens_all;
use crate::facts::access::Audit;
use crate::facts::access::catalog::Relation;
use crate::facts::access::evaluated::{Entry, EntryValue, EvaluatedEntries};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that policies compare the workspace of a membership with that of the row. CRITICAL for tables outside the
/// contract.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.any_member",
    title: "members of anything reach the rows of everything",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    if audit.catalog.evaluations.entries.is_empty() {
        return vec![];
    }
    let readers = Readers::new(&audit.catalog, &Paths::new(&audit.catalog, &audit.contract));
    let mut findings = Vec::new();
    for (name, evaluated) in &audit.catalog.evaluations.entries {
        let Some(rights) = audit.catalog.relation(name) else { continue };
        for unscoped in unscoped(&audit.catalog, &readers, rights) {
            if contract_table(audit, &unscoped.table.name).is_none() {
                findings.extend(finding(check, audit, rights, evaluated, &unscoped));
            }
        }
    }
    findings
}

fn finding(
    check: &Check<Audit>,
    audit: &Audit,
    rights: &Relation,
    evaluated: &EvaluatedEntries,
    unscoped: &Unscoped<'_>,
) -> Option<Finding> {
    let (table, policy) = (unscoped.table, unscoped.policy);
    let roles = clients(audit).filter(|role| {
        let conditions = conditions(&audit.catalog, table, role);
        let mut effects = evaluated
            .effects
            .iter()
            .filter(|e| e.table == table.name && conditions.contains(&e.condition));
        applies_to(policy, role)
            // rls.always_true reports a table that is open without a membership.
            && !always_true::is_open_to(audit, table, role)
            && effects.any(|effect| {
                let members = (0..evaluated.entries.len())
                    .filter(|at| is_membership(&evaluated.entries[*at], rights, unscoped));
                members.into_iter().any(|at| opens_all(effect, at))
            })
    });
    let roles: Vec<_> = roles.map(|role| role.name.as_str()).collect();
    if roles.is_empty() {
        return None;
    }
    let columns: Vec<_> = unscoped
        .shared
        .iter()
        .map(|(a, b)| format!("{}.{a} with {}.{b}", rights.local_name(), table.local_name()))
        .collect();
    let message = format!(
        "policy {} admits {} to every row with any row in {}: it does not compare {}",
        policy.name,
        roles.join(" and "),
        rights.name,
        columns.join(" or ")
    );
    let comparison = unscoped
        .shared
        .first()
        .map(|(a, b)| format!("{}.{a} = {}.{b}", rights.local_name(), table.local_name()));
    let fix = format!(
        "-- Add the comparison to the condition of policy {} on {}:\n-- AND {}",
        policy.name,
        table.name,
        comparison.unwrap_or_default()
    );
    let (status, source) = (Status::Critical, "evaluation with such a row");
    let finding = table_finding(check, audit, status, &table.name, message, source, fix);
    Some(finding.roles(roles).policy(&policy.name))
}

/// Whether an entry says that the caller belongs to something of others. A right in the only row of a user, such as a role
/// in a profile, is meant for all rows.
fn is_membership(entry: &Entry, rights: &Relation, unscoped: &Unscoped<'_>) -> bool {
    let values = entry.values.iter();
    let of_caller = values.filter(|(_, value)| **value == EntryValue::Caller);
    let mut of_caller = of_caller.peekable();
    let mut ids = unscoped.shared.iter().filter_map(|(column, _)| entry.values.get(*column));
    of_caller.peek().is_some()
        && !of_caller.any(|(column, _)| rights.unique_columns.contains(column))
        && ids.any(|value| *value == EntryValue::OfOthers)
}
