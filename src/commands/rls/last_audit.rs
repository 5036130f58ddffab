//! The access audit of `triage`, and of repeated polls, which reuse the last one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::gather;
use crate::checks::rls::evaluate;
use crate::cli::RlsScope;
use crate::context::Context;
use crate::facts::access::contract::BUILT_IN_TABLE;
use crate::facts::access::last_audit::{AccessViolation, LastAudit};
use crate::facts::access::{Audit, CLIENT_ROLES};
use crate::facts::{Finding, Status};
use crate::queue::Layout;
use crate::redact;
use crate::sources::files::local_store::LocalStore;

/// How long polls reuse an audit: it acts as every role, which is too much for every poll.
const REUSED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How long polls reuse an audit that did not run to its end.
const FAILURE_REUSED_FOR: SignedDuration = SignedDuration::from_mins(1);
/// The part of the remaining time that the audit leaves to the report of what it did not test.
const RESERVE: Duration = Duration::from_millis(100);

/// Which audit a triage reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditPolicy {
    /// A new one.
    Run,
    /// The last one, or a new one if that is too old.
    Reuse,
}

/// Returns the last audit; runs one if the policy or its age asks for it. What prevents it is part of the result.
pub(crate) async fn observe(context: &Context, layout: &Layout, policy: AuditPolicy) -> LastAudit {
    let now = context.now();
    if let Some(reason) = not_covered(context, layout) {
        return LastAudit::not_run(now, reason);
    }
    let key = key(context);
    if policy == AuditPolicy::Reuse
        && let Some(last) = reusable(context, &key, now)
    {
        return last;
    }
    let budget = context.remaining().saturating_sub(RESERVE);
    let audit = match tokio::time::timeout(budget, run(context)).await {
        Ok(audit) => audit,
        Err(_) => LastAudit::not_run(now, "the audit did not finish in time: see --timeout"),
    };
    remember(context, &key, &audit);
    audit
}

/// Runs an audit against the contract of the context, or the built-in one.
async fn run(context: &Context) -> LastAudit {
    match gather(context, &RlsScope::default(), None).await {
        Ok(audit) => {
            let findings = evaluate(&audit, &context.settings.thresholds);
            summarize(&audit, &findings)
        }
        Err(error) => {
            let mut reason = error.message;
            for cause in &error.causes {
                reason = format!("{reason}: {cause}");
            }
            LastAudit::not_run(context.now(), redact::text(&reason))
        }
    }
}

/// Keeps what `rls audit` found, for the next polls.
pub(super) fn keep(context: &Context, audit: &Audit, findings: &[Finding]) {
    remember(context, &key(context), &summarize(audit, findings));
}

/// Keeps the CRITICAL findings of an audit, and what could not be tested.
fn summarize(audit: &Audit, findings: &[Finding]) -> LastAudit {
    let violations = findings.iter().filter(|finding| finding.status == Status::Critical);
    let violation = |finding: &Finding| AccessViolation {
        subject: redact::text(&finding.subject),
        brief: redact::text(&match &finding.brief {
            Some(brief) => brief.clone(),
            None => format!("{}: {}", finding.subject, finding.message),
        }),
    };
    LastAudit {
        at: audit.at,
        age_seconds: 0.0,
        violations: violations.map(violation).collect(),
        not_tested: not_tested(audit, findings),
        tables: audit.catalog.tables().count() as u64,
        completed: true,
    }
}

/// Returns what could not be tested, the roles first.
fn not_tested(audit: &Audit, findings: &[Finding]) -> Vec<String> {
    let mut reasons = Vec::new();
    let roles = &audit.catalog.roles;
    if !roles.iter().any(|role| CLIENT_ROLES.contains(&role.name.as_str())) {
        let roles = CLIENT_ROLES.join(" or ");
        reasons.push(format!("this database has no role {roles}"));
    }
    let refused: Vec<_> =
        roles.iter().filter(|role| !role.assumable).map(|role| role.name.as_str()).collect();
    if let Some((last, others)) = refused.split_last() {
        let names = match others {
            [] => (*last).to_owned(),
            others => format!("{} or {last}", others.join(", ")),
        };
        reasons.push(format!("this login may not act as {names}"));
    }
    // The first reason names these.
    let is_of_refused_role =
        |finding: &&Finding| finding.roles.iter().any(|role| refused.contains(&role.as_str()));
    let unknown = findings.iter().filter(|finding| finding.status == Status::Unknown);
    reasons.extend(
        unknown
            .filter(|finding| !is_of_refused_role(finding))
            // The row of triage is short; `rls audit` has the reasons.
            .map(|finding| redact::text(&format!("{} not tested: see rls audit", finding.subject))),
    );
    reasons
}

/// Returns why the contract says nothing about this queue: the built-in one is for the jobs table of cliply.
fn not_covered(context: &Context, layout: &Layout) -> Option<String> {
    let is_covered = context.settings.access_contract.is_some()
        || (layout.package().is_none() && layout.relation.to_string() == BUILT_IN_TABLE);
    (!is_covered)
        .then(|| format!("no access contract covers {} (set access_contract)", layout.relation))
}

/// Returns the key of the stored audit: the database, the login and the contract.
fn key(context: &Context) -> String {
    let settings = &context.settings;
    let database = settings.database.as_ref().map(|dsn| dsn.value.to_string()).unwrap_or_default();
    match &settings.access_contract {
        Some(contract) => format!("{database} {}", contract.value.display()),
        None => database,
    }
}

/// Returns the last audit with its age, unless it is too old. A time in the future is that of another clock.
fn reusable(context: &Context, key: &str, now: Timestamp) -> Option<LastAudit> {
    let store = LocalStore::open(context.settings.state_dir.as_deref()).ok();
    let stored = store.and_then(|store| store.last_audit(key));
    let last = [stored, context.last_audit()].into_iter().flatten().max_by_key(|audit| audit.at)?;
    let age = now.duration_since(last.at);
    let limit = if last.completed { REUSED_FOR } else { FAILURE_REUSED_FOR };
    let is_recent = SignedDuration::ZERO <= age && age < limit;
    is_recent.then(|| LastAudit { age_seconds: age.as_secs_f64(), ..last })
}

/// Keeps the audit for later polls of this process, and of others if the state directory can be used.
fn remember(context: &Context, key: &str, audit: &LastAudit) {
    context.set_last_audit(audit.clone());
    if let Ok(store) = LocalStore::open(context.settings.state_dir.as_deref()) {
        _ = store.remember_audit(key, audit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_table_is_that_of_the_built_in_contract() {
        let contract = crate::sources::files::contract::read(None).unwrap();
        assert!(contract.tables.contains_key(BUILT_IN_TABLE));
    }
}
