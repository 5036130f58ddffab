//! `rls.helper`: direct calls of the helper functions that policies use.

use std::collections::BTreeSet;

use super::{Check, clients, table_finding};
use crate::access::compute::failure;
use crate::facts::access::tested::HelperCall;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that helper functions return the expected result for the test users. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.helper",
    title: "helpers of policies return the expected results",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut reported: Vec<&str> = Vec::new();
    let mut findings = Vec::new();
    for call in audit.observations.helpers.iter().filter(|c| c.answer != Ok(c.expected)) {
        if reported.contains(&call.function.as_str()) {
            continue;
        }
        reported.push(&call.function);
        let mut tables = audit.catalog.callers(&call.function).map(|p| p.table.as_str());
        let protected = tables.find(|t| audit.contract.tables.contains_key(*t));
        let subject = protected.map_or(call.function.clone(), str::to_owned);
        let calls = audit.observations.helpers.iter().filter(|c| c.function == call.function);
        let wrong: Vec<_> = calls.filter(|c| c.answer != Ok(c.expected)).collect();
        // An error is one of every query; rls.policy_fails reports it.
        if wrong.iter().all(|c| c.answer.is_err()) && is_failing(audit, &subject) {
            continue;
        }
        let roles: BTreeSet<_> = wrong.iter().map(|call| call.persona.role()).collect();
        let wrong_answers: Vec<_> = wrong.into_iter().map(describe_call).collect();
        let callers: BTreeSet<_> =
            audit.catalog.callers(&call.function).map(|p| p.table.clone()).collect();
        let message = format!(
            "the helper {} returns wrong results: {}; policies of {} call it",
            call.function,
            wrong_answers.join("; "),
            some_of(&callers.into_iter().collect::<Vec<_>>(), 4)
        );
        let suggested_fix = format!(
            "-- Restore its body from the migration that created it. Never revoke EXECUTE on it from the\n\
             -- roles whose policies call it: their queries would fail.\n-- \\sf {}",
            call.function
        );
        let (status, source) = (Status::Critical, "a direct call");
        let finding = table_finding(check, audit, status, &subject, message, source, suggested_fix);
        findings.push(finding.roles(roles));
    }
    findings
}

/// Whether a helper that policies call answers wrongly. What it opens has this cause.
pub(crate) fn is_wrong(audit: &Audit, function: &str) -> bool {
    let mut calls = audit.observations.helpers.iter().filter(|c| c.function == function);
    calls.any(|c| c.answer.as_ref().is_ok_and(|answer| *answer != c.expected))
}

fn is_failing(audit: &Audit, table: &str) -> bool {
    let Some(table) = audit.catalog.relation(table) else { return false };
    let mut cells = clients(audit).flat_map(|role| SqlCommand::ALL.map(|c| (role, c)));
    cells.any(|(role, command)| failure(&audit.catalog, table, role, command).is_some())
}

fn describe_call(call: &HelperCall) -> String {
    let answer = match &call.answer {
        Ok(value) => value.to_string(),
        Err(error) => error.clone(),
    };
    format!("{} and {}: {answer}, not {}", call.persona.as_str(), call.argument, call.expected)
}
