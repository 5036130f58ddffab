//! `rls.public_policy`: granted to PUBLIC or a client where `service_role` was meant.

use super::{Check, about, clients, ident, undeclared_policies};
use crate::access::compute::compute_access;
use crate::access::expression;
use crate::facts::access::catalog::Policy;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, CLIENT_ROLES, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// a policy for everybody where the service was meant.
pub const CHECK: Check<Audit> = Check {
    id: "rls.public_policy",
    title: "a policy for everybody where the service was meant",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, policy) in undeclared_policies(audit) {
        let claim = is_claim(policy);
        if !(claim || names_the_service(policy)) || (claim && has_service_policy(audit, policy)) {
            continue;
        }
        let open: Vec<_> = clients(audit)
            .filter(|role| {
                SqlCommand::ALL.into_iter().any(|command| {
                    policy.covers(command)
                        && compute_access(&audit.catalog, table, role, command)
                            == ComputedAccess::All
                })
            })
            .map(|role| role.name.as_str())
            .collect();
        let (verdict, effect) = if claim {
            (Status::Warning, "every client's query evaluates it".to_owned())
        } else if open.is_empty() {
            (Status::Warning, "only missing grants keep clients out".to_owned())
        } else {
            (Status::Critical, format!("{} may use every row", open.join(" and ")))
        };
        let roles = policy.roles.join(", ");
        let message =
            format!("policy {} is for {roles}, not for service_role: {effect}", policy.name);
        let remedy = format!(
            "-- service_role bypasses row security; the policy documents it.\n\
             ALTER POLICY {} ON {} TO service_role;",
            ident(&policy.name),
            table.name
        );
        findings.push(about(check, audit, verdict, &table.name, message, "pg_policy", remedy));
    }
    findings
}

/// Compares the role of the claims with the service's, in a policy for everybody.
pub fn is_claim(policy: &Policy) -> bool {
    let role = |r: &String| r == "public" || CLIENT_ROLES.contains(&r.as_str());
    policy.roles.iter().any(role)
        && policy
            .using
            .as_deref()
            .or(policy.check.as_deref())
            .is_some_and(expression::is_service_claim)
}

/// Named for the service, always true, and for everybody.
pub fn names_the_service(policy: &Policy) -> bool {
    let for_service = policy.name.to_lowercase().contains("service");
    let text = policy.using.as_deref().or(policy.check.as_deref()).unwrap_or("true");
    for_service
        && policy.permissive
        && !policy.roles.iter().any(|r| r == SERVICE_ROLE)
        && expression::truth(text, "anon") == Some(true)
}

/// Whether the table has the same for the role itself: then this one is a duplicate.
pub fn has_service_policy(audit: &Audit, policy: &Policy) -> bool {
    audit.catalog.policies_on(&policy.table).any(|other| {
        other.roles.iter().any(|r| r == SERVICE_ROLE)
            && other.command_word() == policy.command_word()
    })
}
