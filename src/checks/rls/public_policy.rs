//! `rls.public_policy`: policies for PUBLIC or a client that should be for `service_role`.

use super::{Check, clients, ident, table_finding, unexpected_policies};
use crate::access::admits::{fails, holds};
use crate::access::body::Body;
use crate::access::compute::compute_access;
use crate::facts::access::catalog::Policy;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, CLIENT_ROLES, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies outside the contract that are named for the service or test its claim, but apply
/// to clients. CRITICAL if clients can use every row, otherwise WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.public_policy",
    title: "policies for all roles that seem to be for service_role",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit) {
        let claim = is_claim(audit, policy);
        if !(claim || is_unrestricted_service_policy(audit, policy))
            || (claim && has_service_policy(audit, policy))
        {
            continue;
        }
        let unfiltered: Vec<_> = clients(audit)
            .filter(|role| {
                SqlCommand::ALL.into_iter().any(|command| {
                    policy.covers(command)
                        && compute_access(&audit.catalog, table, role, command)
                            == ComputedAccess::All
                })
            })
            .map(|role| role.name.as_str())
            .collect();
        let (status, effect) = if claim {
            (Status::Warning, "every client's query evaluates it".to_owned())
        } else if unfiltered.is_empty() {
            (Status::Warning, "only missing grants protect it".to_owned())
        } else {
            (Status::Critical, format!("{} may use every row", unfiltered.join(" and ")))
        };
        let roles = policy.roles.join(", ");
        let message =
            format!("policy {} is for {roles}, not for service_role: {effect}", policy.name);
        let suggested_fix = format!(
            "-- service_role bypasses RLS; the policy is only documentation.\n\
             ALTER POLICY {} ON {} TO service_role;",
            ident(&policy.name),
            table.name
        );
        findings.push(table_finding(
            check,
            audit,
            status,
            &table.name,
            message,
            "pg_policy",
            suggested_fix,
        ));
    }
    findings
}

/// Whether a policy for clients holds for the backend only, because it tests the role in the token.
pub(crate) fn is_claim(audit: &Audit, policy: &Policy) -> bool {
    let is_client = |r: &String| r == "public" || CLIENT_ROLES.contains(&r.as_str());
    let catalog = &audit.catalog;
    policy.roles.iter().any(is_client)
        && policy.using.as_deref().or(policy.check.as_deref()).is_some_and(|expression| {
            names_only_the_service(expression)
                && holds(catalog, &policy.table, SERVICE_ROLE, expression)
                && CLIENT_ROLES.iter().all(|role| fails(catalog, &policy.table, role, expression))
        })
}

/// Whether no other role is named in an expression: a list of roles cannot be replaced by `TO service_role`.
fn names_only_the_service(expression: &str) -> bool {
    let body = Body::new(expression);
    body.strings().all(|s| s == SERVICE_ROLE || s == "role" || s.starts_with("request.jwt"))
}

/// Whether a policy is named for the service, but applies to other roles with a condition that is always
/// true.
pub(crate) fn is_unrestricted_service_policy(audit: &Audit, policy: &Policy) -> bool {
    let named_for_service = policy.name.to_lowercase().contains("service");
    let text = policy.using.as_deref().or(policy.check.as_deref()).unwrap_or("true");
    let mut roles = CLIENT_ROLES.iter().filter(|role| audit.catalog.role(role).is_some());
    named_for_service
        && policy.permissive
        && !policy.roles.iter().any(|r| r == SERVICE_ROLE)
        && roles.any(|role| holds(&audit.catalog, &policy.table, role, text))
}

/// Whether the table has a policy of the same command for `service_role`, which makes this one a
/// duplicate.
pub(crate) fn has_service_policy(audit: &Audit, policy: &Policy) -> bool {
    audit.catalog.policies_on(&policy.table).any(|other| {
        other.roles.iter().any(|r| r == SERVICE_ROLE)
            && other.command_word() == policy.command_word()
    })
}
