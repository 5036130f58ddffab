//! `rls.always_true`: a policy that admits every row to a client, reads too.

use super::public_policy::names_the_service;
use super::{Check, about, clients, ident, undeclared_policies};
use crate::access::compute::{binds, compute_access, speaks_to};
use crate::access::expression;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// a policy lets clients at every row.
pub const CHECK: Check<Audit> = Check {
    id: "rls.always_true",
    title: "a policy lets clients at every row",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, policy) in undeclared_policies(audit) {
        if !policy.permissive || names_the_service(policy) {
            continue;
        }
        let mut who = Vec::new();
        for role in clients(audit).filter(|r| speaks_to(policy, r) && binds(table, r)) {
            let open = SqlCommand::ALL.into_iter().filter(|c| {
                let text = if *c == SqlCommand::Insert { &policy.check } else { &policy.using };
                let text = text.as_ref().or(policy.using.as_ref());
                policy.covers(*c)
                    && text.is_some_and(|t| expression::truth(t, &role.name) == Some(true))
                    && compute_access(&audit.catalog, table, role, *c) == ComputedAccess::All
            });
            let commands: Vec<_> = open.map(SqlCommand::sql).collect();
            if !commands.is_empty() {
                who.push(format!("{} may {}", role.name, commands.join(", ")));
            }
        }
        if who.is_empty() {
            continue;
        }
        let message = format!("policy {} admits every row: {}", policy.name, who.join("; "));
        let remedy = format!(
            "-- Narrow it to the rows that are meant to be public, for example:\n\
             ALTER POLICY {} ON {} USING (<owner column> = (select auth.uid()));",
            ident(&policy.name),
            table.name
        );
        findings.push(about(
            check,
            audit,
            Status::Critical,
            &table.name,
            message,
            "pg_policy",
            remedy,
        ));
    }
    findings
}
