//! `rls.duplicate_policy`: permissive policies with the same effect as another one.

use super::public_policy::{has_service_policy, is_claim};
use super::{Check, ident, table_finding, unexpected_policies};
use crate::access::expression::normalise;
use crate::facts::access::Audit;
use crate::facts::access::catalog::Policy;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for duplicate policies outside the contract. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.duplicate_policy",
    title: "duplicate policies",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, policy) in unexpected_policies(audit) {
        let duplicate = audit
            .catalog
            .policies_on(&table.name)
            .find(|other| other.name < policy.name && is_same(other, policy));
        let message = match duplicate {
            Some(duplicate) => format!("policy {} duplicates {}", policy.name, duplicate.name),
            None if is_claim(audit, policy) && has_service_policy(audit, policy) => {
                format!(
                    "policy {} admits service_role by claim, as another policy does by role",
                    policy.name
                )
            }
            None => continue,
        };
        let suggested_fix = format!("DROP POLICY {} ON {};", ident(&policy.name), table.name);
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

fn is_same(a: &Policy, b: &Policy) -> bool {
    let text = |e: &Option<String>| e.as_deref().map(normalise);
    a.permissive
        && b.permissive
        && a.command == b.command
        && a.roles == b.roles
        && text(&a.using) == text(&b.using)
        && text(&a.check).or(text(&a.using)) == text(&b.check).or(text(&b.using))
}
