//! `rls.policies_without_rls`: policies without effect, because row security of the table is off.

use super::{Check, clients_with_access, contract_table, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for tables that have policies, but no row security. CRITICAL if clients have access, otherwise
/// WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.policies_without_rls",
    title: "policies on a table with RLS off",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables().filter(|t| !t.rls) {
        let policies = audit.catalog.policies_on(&table.name).count();
        if policies == 0 || contract_table(audit, &table.name).is_some_and(|d| !d.rls) {
            continue;
        }
        let roles = clients_with_access(audit, table);
        let status = if roles.is_empty() { Status::Warning } else { Status::Critical };
        let mut message = format!("{policies} policies exist, but RLS is off");
        if !roles.is_empty() {
            message.push_str(&format!(": {} may use every row", roles.join(" and ")));
        }
        let suggested_fix = format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", table.name);
        let (name, source) = (&table.name, "pg_policy");
        let finding = table_finding(check, audit, status, name, message, source, suggested_fix);
        findings.push(finding.roles(roles));
    }
    findings
}
