//! `rls.off`: exposed tables without row security, open to every role with a grant.

use super::{Check, clients_with_access, contract_table, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that row security is on. CRITICAL if clients have access, otherwise a WARNING for tables where
/// the contract expects it.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.off",
    title: "RLS is off on tables that clients can reach",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables().filter(|t| !t.rls) {
        let expected = contract_table(audit, &table.name).map(|d| d.rls);
        let policies = audit.catalog.policies_on(&table.name).count();
        if policies > 0 || expected == Some(false) {
            continue;
        }
        let roles = clients_with_access(audit, table);
        let (status, message) = match (roles.is_empty(), expected) {
            (true, Some(true)) => {
                (Status::Warning, "RLS is off; only missing grants protect it".to_owned())
            }
            (true, _) => continue,
            (false, _) => {
                let names = roles.join(" and ");
                let note = table.partition_of.as_ref().map_or(String::new(), |parent| {
                    format!(" (a partition: the policies of {parent} do not apply to it directly)")
                });
                (Status::Critical, format!("RLS is off, and {names} may use it{note}"))
            }
        };
        let name = &table.name;
        let suggested_fix = format!(
            "-- With RLS on and without a policy, clients see no rows: create the policies first.\n\
             ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"
        );
        let source = "pg_class";
        let finding = table_finding(check, audit, status, name, message, source, suggested_fix);
        findings.push(finding.roles(roles));
    }
    findings
}
