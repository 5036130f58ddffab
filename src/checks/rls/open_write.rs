//! `rls.open_write`: policies by which every client may write rows of others, since they compare nothing with the caller.

use super::row_transfer::moves_rows;
use super::{Check, OWN_ROWS, alter_policy, clients, ident, table_finding, unexpected_policies};
use crate::access::expression::normalise;
use crate::access::open_writes::{deciding_side, open_writes};
use crate::access::paths::Paths;
use crate::access::policies::{Side, expression};
use crate::facts::access::catalog::Policy;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies outside the contract that admit writes of rows whoever calls. WARNING. Policies that admit every
/// row are reported by other checks; a policy for reading may do it, which is how rows are published.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.open_write",
    title: "writes that no policy compares with the caller",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit).filter(|(_, p)| p.permissive) {
        let (mut roles, mut commands): (Vec<&str>, Vec<SqlCommand>) = (Vec::new(), Vec::new());
        for role in clients(audit) {
            let open = open_writes(&paths, table, role, policy);
            // Of a policy whose two sides differ, rls.row_transfer says more.
            if open.is_empty() || policy.using.is_some() && moves_rows(audit, table, role, policy) {
                continue;
            }
            roles.push(&role.name);
            commands.extend(open);
        }
        commands.sort();
        commands.dedup();
        let Some(first) = commands.first() else { continue };
        let words = commands.iter().map(|c| c.sql()).collect::<Vec<_>>().join(", ");
        let condition =
            expression(policy, deciding_side(*first)).map(normalise).unwrap_or_default();
        let message = format!(
            "{} may {words} rows of anybody: policy {} ({condition}) does not compare them with the caller",
            roles.join(" and "),
            policy.name
        );
        let (status, source) = (Status::Warning, "pg_policy");
        let fix = suggested_fix(policy);
        let finding = table_finding(check, audit, status, &table.name, message, source, fix);
        findings.push(finding.policy(&policy.name));
    }
    findings
}

/// Returns statements that limit writes to own rows. A policy for all commands may be meant for reading.
fn suggested_fix(policy: &Policy) -> String {
    let Some(using) = policy.using.as_deref().filter(|_| policy.command.is_none()) else {
        return format!(
            "-- Compare a column of the row with the caller, for example:\n{}",
            alter_policy(policy, &[Side::Using, Side::Check], OWN_ROWS)
        );
    };
    let (name, own) = (ident(&policy.name), ident(&format!("{}_own_rows", policy.name)));
    let table = &policy.table;
    let roles: Vec<_> = policy
        .roles
        .iter()
        .map(|r| if r == "public" { "PUBLIC".to_owned() } else { ident(r) })
        .collect();
    let roles = roles.join(", ");
    format!(
        "-- Keep the condition for reading, and limit writes to the caller's own rows, for example:\n\
         BEGIN;\nDROP POLICY {name} ON {table};\n\
         CREATE POLICY {name} ON {table} FOR SELECT TO {roles} USING ({using});\n\
         CREATE POLICY {own} ON {table} TO {roles} USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS});\nCOMMIT;"
    )
}
