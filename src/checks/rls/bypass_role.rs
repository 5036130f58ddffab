//! `rls.bypass_role`: client roles that bypass row security or can become a role that does.

use super::{Check, clients, ident, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no client role is a superuser, has BYPASSRLS or can become such a role. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.bypass_role",
    title: "client roles that bypass RLS",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in clients(audit) {
        let name = &role.name;
        let (message, suggested_fix) = if role.superuser {
            (
                "is a superuser".to_owned(),
                format!("ALTER ROLE {name} NOSUPERUSER;", name = ident(name)),
            )
        } else if role.bypass_rls {
            (
                "has BYPASSRLS".to_owned(),
                format!("ALTER ROLE {name} NOBYPASSRLS;", name = ident(name)),
            )
        } else if !role.can_become_bypass.is_empty() {
            let targets = role.can_become_bypass.join(", ");
            let quoted: Vec<_> = role.can_become_bypass.iter().map(|t| ident(t)).collect();
            let message = format!("can SET ROLE to {targets}, to which RLS does not apply");
            (message, format!("REVOKE {} FROM {};", quoted.join(", "), ident(name)))
        } else {
            continue;
        };
        findings.push(table_finding(
            check,
            audit,
            Status::Critical,
            name,
            message,
            "pg_roles",
            suggested_fix,
        ));
    }
    findings
}

/// Whether this check reports the role. Other checks skip such a role, because its access follows from
/// the bypass.
pub(crate) fn is_reported(audit: &Audit, role: &str) -> bool {
    clients(audit).any(|r| r.name == role && (r.superuser || r.bypass_rls))
}
