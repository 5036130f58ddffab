//! `rls.policy_fails`: policies that use a function or table without permission, so that queries fail.

use super::{Check, clients, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that clients may use the functions and tables of their policies. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.policy_fails",
    title: "policies that fail for the role they serve",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables() {
        let mut failures: Vec<(String, String)> = Vec::new();
        for role in clients(audit) {
            for command in SqlCommand::ALL {
                if let ComputedAccess::Fails(reason) =
                    compute_access(&audit.catalog, table, role, command)
                    && !failures.iter().any(|(_, r)| *r == reason)
                {
                    failures.push((role.name.clone(), reason));
                }
            }
        }
        for (role, reason) in failures {
            let message = format!("every query of {role} fails: {reason}");
            let suggested_fix = suggested_fix(audit, &reason, &role);
            findings.push(table_finding(
                check,
                audit,
                Status::Warning,
                &table.name,
                message,
                "pg_depend",
                suggested_fix,
            ));
        }
    }
    findings
}

fn suggested_fix(audit: &Audit, reason: &str, role: &str) -> String {
    match audit.catalog.functions.iter().find(|f| reason.contains(&f.signature)) {
        Some(f) => format!("GRANT EXECUTE ON FUNCTION {} TO {role};", f.signature),
        None => format!(
            "-- Wrap the look-up in a SECURITY DEFINER helper with its own search_path, or grant to {role}\n\
             -- SELECT on the table that the policy reads, after reading that table's own policies."
        ),
    }
}
