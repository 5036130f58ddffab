//! `rls.no_policy`: tables with row security and client grants, but without a policy.

use super::revoke::revoke_all;
use super::{Check, clients_with_access, contract_table, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for tables outside the contract from which clients can read no rows because there is no
/// policy. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.no_policy",
    title: "RLS without a policy",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables().filter(|t| t.rls) {
        let roles = clients_with_access(audit, table);
        let policies =
            audit.catalog.policies_on(&table.name).filter(|policy| policy.permissive).count();
        if policies > 0 || roles.is_empty() || contract_table(audit, &table.name).is_some() {
            continue;
        }
        let revoke = revoke_all(audit, table, &roles);
        let roles = roles.join(", ");
        let has_restrictive = audit.catalog.policies_on(&table.name).next().is_some();
        let which = if has_restrictive { "no permissive policy" } else { "no policy" };
        let message = format!("granted to {roles}, but {which} admits a row to any role");
        let suggested_fix = format!("-- If clients need no rows of it:\n{revoke}");
        findings.push(table_finding(
            check,
            audit,
            Status::Warning,
            &table.name,
            message,
            "pg_policy",
            suggested_fix,
        ));
    }
    findings
}
