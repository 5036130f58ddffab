//! `rls.helper`: direct calls of the helper functions that policies use.

use super::{Check, table_finding};
use crate::facts::access::Audit;
use crate::facts::access::tested::HelperCall;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that helper functions return the expected result for the test users. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.helper",
    title: "helpers of policies answer as declared",
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
        let wrong_answers: Vec<_> =
            calls.filter(|c| c.answer != Ok(c.expected)).map(describe_call).collect();
        let message =
            format!("the helper {} is wrong: {}", call.function, wrong_answers.join("; "));
        let suggested_fix = format!(
            "-- Restore its body from the migration that created it. Never revoke EXECUTE on it from the\n\
             -- roles whose policies call it: their queries would fail.\n-- \\sf {}",
            call.function
        );
        findings.push(table_finding(
            check,
            audit,
            Status::Critical,
            &subject,
            message,
            "a direct call",
            suggested_fix,
        ));
    }
    findings
}

fn describe_call(call: &HelperCall) -> String {
    let answer = match &call.answer {
        Ok(value) => value.to_string(),
        Err(error) => error.clone(),
    };
    format!("{} and {}: {answer}, not {}", call.persona.as_str(), call.argument, call.expected)
}
