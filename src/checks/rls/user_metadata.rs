//! `rls.user_metadata`: policies that use values which users or clients choose themselves, such as `user_metadata`.

use super::effect::Effect;
use super::{Check, OWN_ROWS, alter_policy, clients, table_finding};
use crate::access::body::Body;
use crate::access::compute::applies_to;
use crate::access::policies::Side;
use crate::facts::access::Audit;
use crate::facts::access::catalog::Policy;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no policy depends on user_metadata, also through a helper function. CRITICAL; a WARNING if the contract
/// holds the policy. A permissive policy that depends on the request (`request.headers`) or on `session_user` is a
/// WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.user_metadata",
    title: "policies that trust values of the client",
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
        let Some((value, place)) = place(audit, policy) else { continue };
        let is_metadata = value.is_metadata;
        let serves_clients = || clients(audit).any(|role| applies_to(policy, role));
        // Further conditions on the request only narrow what permissive policies admit.
        let is_relevant = is_metadata || (policy.permissive && serves_clients());
        if !is_relevant {
            continue;
        }
        let message =
            format!("policy {} trusts {}{place}, {}", policy.name, value.name, value.reason);
        let sides = [(Side::Using, &policy.using), (Side::Check, &policy.check)];
        let uses = |text: &Option<String>| text.as_deref().is_some_and(|t| untrusted(t).is_some());
        let sides = sides.into_iter().filter(|(_, text)| !place.is_empty() || uses(text));
        let sides: Vec<_> = sides.map(|(side, _)| side).collect();
        let suggested_fix = match is_metadata {
            true => format!(
                "-- Move the value to app_metadata or a table first, then use it here:\n{}",
                alter_policy(policy, &sides, "<app_metadata or a membership>")
            ),
            false => format!(
                "-- Compare a column of the row with the user, for example:\n{}",
                alter_policy(policy, &sides, OWN_ROWS)
            ),
        };
        let is_declared = is_declared(audit, policy);
        let status = if is_declared || !is_metadata { Status::Warning } else { Status::Critical };
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

/// A value that does not say who calls.
struct Untrusted {
    name: &'static str,
    reason: &'static str,
    /// Whether users can change it for all of their requests.
    is_metadata: bool,
}

/// Returns the value that a policy trusts, user_metadata first, and where: in its own text (empty) or in a helper
/// function.
fn place(audit: &Audit, policy: &Policy) -> Option<(Untrusted, String)> {
    let texts = [&policy.using, &policy.check].into_iter().flatten();
    let texts = texts.filter_map(|text| Some((untrusted(text)?, String::new())));
    let helpers = policy.functions.iter().filter_map(|f| audit.catalog.function(f));
    let helpers =
        helpers.filter_map(|f| Some((untrusted(&f.source)?, format!(" in {}", f.signature))));
    texts.chain(helpers).min_by_key(|(value, _)| !value.is_metadata)
}

/// Returns the first value in SQL that users or clients choose, or that is the same for all of them.
fn untrusted(sql: &str) -> Option<Untrusted> {
    const CHOSEN: [&str; 4] =
        ["request.headers", "request.cookies", "request.method", "request.path"];
    if uses_user_metadata(sql) {
        let reason = "which users can change";
        return Some(Untrusted { name: "user_metadata", reason, is_metadata: true });
    }
    let body = Body::new(sql);
    // Older versions of PostgREST: `request.header.x-key`.
    let is_of = |s: &str, name: &str| {
        s == name || s.starts_with(&format!("{}.", name.trim_end_matches('s')))
    };
    if let Some(name) = CHOSEN.into_iter().find(|name| body.strings().any(|s| is_of(s, name))) {
        let reason = "which clients choose";
        return Some(Untrusted { name, reason, is_metadata: false });
    }
    let reason = "which is the login of the API for every user";
    let is_untrusted = body.has_word("session_user") && !names_other_logins(&body);
    is_untrusted.then_some(Untrusted { name: "session_user", reason, is_metadata: false })
}

/// Whether `session_user` is only compared with names of logins other than that of the API: no user fulfills this.
fn names_other_logins(body: &Body) -> bool {
    let tokens: Vec<&str> = body.tokens().iter().map(String::as_str).collect();
    let is_other = |t: &&str| t.starts_with('\'') && *t != "'authenticator'";
    let mut uses = (0..tokens.len()).filter(|at| tokens[*at] == "session_user");
    uses.all(|at| match &tokens[at + 1..] {
        ["=", "any", "(", ..] | ["in", "(", ..] => {
            let list = tokens[at + 1..].iter().skip_while(|t| **t != "(");
            let mut names = list.take_while(|t| **t != ")").filter(|t| t.starts_with('\''));
            names.all(is_other)
        }
        ["=", name, ..] | [":", ":", _, "=", name, ..] => is_other(name),
        _ => matches!(&tokens[..at], [.., name, "="] if is_other(name)),
    })
}

/// Whether SQL reads the claim or the column of `auth.users`. A column that is called `user_metadata` is not quoted
/// as a string.
fn uses_user_metadata(sql: &str) -> bool {
    let body = Body::new(sql);
    let claim = |s: &str| s == "user_metadata" || s.starts_with("{user_metadata");
    body.strings().any(claim) || body.has_word("raw_user_meta_data")
}
