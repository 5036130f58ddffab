//! `rls.always_true`: policies that allow a client every row, also for reading only.

use super::public_policy::is_unrestricted_service_policy;
use super::{Check, clients, ident, table_finding, unexpected_policies};
use crate::access::compute::{applies_to, binds, compute_access};
use crate::access::expression;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies outside the contract whose condition is always true for a client. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.always_true",
    title: "a policy lets clients at every row",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit) {
        if !policy.permissive || is_unrestricted_service_policy(policy) {
            continue;
        }
        let mut allowed = Vec::new();
        for role in clients(audit).filter(|r| applies_to(policy, r) && binds(table, r)) {
            let unfiltered = SqlCommand::ALL.into_iter().filter(|c| {
                let text = if *c == SqlCommand::Insert { &policy.check } else { &policy.using };
                let text = text.as_ref().or(policy.using.as_ref());
                policy.covers(*c)
                    && text.is_some_and(|t| expression::truth(t, &role.name) == Some(true))
                    && compute_access(&audit.catalog, table, role, *c) == ComputedAccess::All
            });
            let commands: Vec<_> = unfiltered.map(SqlCommand::sql).collect();
            if !commands.is_empty() {
                allowed.push(format!("{} may {}", role.name, commands.join(", ")));
            }
        }
        if allowed.is_empty() {
            continue;
        }
        let message = format!("policy {} admits every row: {}", policy.name, allowed.join("; "));
        let suggested_fix = format!(
            "-- Narrow it to the rows that are meant to be public, for example:\n\
             ALTER POLICY {} ON {} USING (<owner column> = (select auth.uid()));",
            ident(&policy.name),
            table.name
        );
        findings.push(table_finding(
            check,
            audit,
            Status::Critical,
            &table.name,
            message,
            "pg_policy",
            suggested_fix,
        ));
    }
    findings
}
