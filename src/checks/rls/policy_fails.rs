//! `rls.policy_fails`: a policy needs a function or table that its role may not use: every query fails.

use super::{Check, about, clients};
use crate::access::compute::compute_access;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// policies that fail for the role they serve.
pub const CHECK: Check<Audit> = Check {
    id: "rls.policy_fails",
    title: "policies that fail for the role they serve",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables() {
        let mut reasons: Vec<(String, String)> = Vec::new();
        for role in clients(audit) {
            for command in SqlCommand::ALL {
                if let ComputedAccess::Fails(why) =
                    compute_access(&audit.catalog, table, role, command)
                    && !reasons.iter().any(|(_, r)| *r == why)
                {
                    reasons.push((role.name.clone(), why));
                }
            }
        }
        for (role, why) in reasons {
            let message = format!("every query of {role} fails: {why}");
            let remedy = remedy(audit, &why, &role);
            findings.push(about(
                check,
                audit,
                Status::Warning,
                &table.name,
                message,
                "pg_depend",
                remedy,
            ));
        }
    }
    findings
}

fn remedy(audit: &Audit, why: &str, role: &str) -> String {
    match audit.catalog.functions.iter().find(|f| why.contains(&f.signature)) {
        Some(f) => format!("GRANT EXECUTE ON FUNCTION {} TO {role};", f.signature),
        None => format!(
            "-- Wrap the look-up in a SECURITY DEFINER helper with its own search_path, or grant to {role}\n\
             -- SELECT on the table that the policy reads, after reading that table's own policies."
        ),
    }
}
