//! `rls.bypass_role`: a client role is, or may become, one that row security does not bind.

use super::{Check, about, clients};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// clients that escape row security.
pub const CHECK: Check<Audit> = Check {
    id: "rls.bypass_role",
    title: "clients that escape row security",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in clients(audit) {
        let name = &role.name;
        let (message, remedy) = if role.superuser {
            ("is a superuser".to_owned(), format!("ALTER ROLE {name} NOSUPERUSER;"))
        } else if role.bypass_rls {
            ("has BYPASSRLS".to_owned(), format!("ALTER ROLE {name} NOBYPASSRLS;"))
        } else if !role.can_become_bypass.is_empty() {
            let targets = role.can_become_bypass.join(", ");
            let message = format!("may become {targets}, which row security does not bind");
            (message, format!("REVOKE {targets} FROM {name};"))
        } else {
            continue;
        };
        findings.push(about(check, audit, Status::Critical, name, message, "pg_roles", remedy));
    }
    findings
}

/// Whether this check answers for everything that a client role can reach.
pub fn explains(audit: &Audit, role: &str) -> bool {
    clients(audit).any(|r| r.name == role && (r.superuser || r.bypass_rls))
}
