//! `rls.user_metadata`: policies that use `user_metadata`, which users can change themselves.

use super::effect::Effect;
use super::{Check, alter_policy, table_finding};
use crate::access::body::Body;
use crate::access::policies::Side;
use crate::facts::access::Audit;
use crate::facts::access::catalog::Policy;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no policy depends on user_metadata, also through a helper function. CRITICAL; a WARNING if the contract
/// holds the policy.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.user_metadata",
    title: "policies that trust user_metadata",
    section: Section::Access,
    evaluate,
};

/// Returns the findings as effects, which a flaw of the same policy explains.
pub(super) fn effects(audit: &Audit) -> Vec<Effect> {
    findings(&CHECK, audit).into_iter().map(Effect::of).collect()
}

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    findings(check, audit)
}

fn findings(check: &Check<Audit>, audit: &Audit) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in &audit.catalog.policies {
        let Some(place) = place(audit, policy) else { continue };
        let message =
            format!("policy {} trusts user_metadata{place}, which users can change", policy.name);
        let sides = [(Side::Using, &policy.using), (Side::Check, &policy.check)];
        let uses = |text: &Option<String>| text.as_deref().is_some_and(uses_user_metadata);
        let sides = sides.into_iter().filter(|(_, text)| !place.is_empty() || uses(text));
        let sides: Vec<_> = sides.map(|(side, _)| side).collect();
        let suggested_fix = format!(
            "-- Move the value to app_metadata or a table first, then use it here:\n\
             {}",
            alter_policy(policy, &sides, "<app_metadata or a membership>")
        );
        let is_declared = is_declared(audit, policy);
        let status = if is_declared { Status::Warning } else { Status::Critical };
        let (table, source) = (&policy.table, "pg_policy");
        let finding = table_finding(check, audit, status, table, message, source, suggested_fix);
        findings.push(finding.policy(&policy.name));
    }
    findings
}

/// Whether the contract holds the policy as it is.
fn is_declared(audit: &Audit, policy: &Policy) -> bool {
    let expected = audit.contract.tables.get(&policy.table).map_or(&[][..], |t| &t.policies);
    expected
        .iter()
        .any(|e| (&e.name, &e.using, &e.check) == (&policy.name, &policy.using, &policy.check))
}

/// Returns where a policy uses it: in its own text (empty) or in a helper function.
fn place(audit: &Audit, policy: &Policy) -> Option<String> {
    let text = [&policy.using, &policy.check].map(|e| e.as_deref().unwrap_or_default()).concat();
    if uses_user_metadata(&text) {
        return Some(String::new());
    }
    let helpers = policy.functions.iter().filter_map(|f| audit.catalog.function(f));
    let mut believing = helpers.filter(|f| uses_user_metadata(&f.source));
    believing.next().map(|f| format!(" in {}", f.signature))
}

/// Whether SQL reads the claim or the column of `auth.users`. A column that is called `user_metadata` is not quoted
/// as a string.
fn uses_user_metadata(sql: &str) -> bool {
    let body = Body::new(sql);
    let claim = |s: &str| s == "user_metadata" || s.starts_with("{user_metadata");
    body.strings().any(claim) || body.has_word("raw_user_meta_data")
}
