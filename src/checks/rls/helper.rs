//! `rls.helper`: a helper that a policy calls gave the wrong answer when called directly.

use super::{Check, about};
use crate::facts::access::Audit;
use crate::facts::access::tested::HelperCall;
use crate::facts::{Finding, Section, Status, Thresholds};

/// helpers of policies answer as declared.
pub const CHECK: Check<Audit> = Check {
    id: "rls.helper",
    title: "helpers of policies answer as declared",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut functions: Vec<&str> = Vec::new();
    let mut findings = Vec::new();
    for call in audit.observations.helpers.iter().filter(|c| c.answer != Ok(c.expected)) {
        if functions.contains(&call.function.as_str()) {
            continue;
        }
        functions.push(&call.function);
        let mut tables = audit.catalog.callers(&call.function).map(|p| p.table.as_str());
        let protected = tables.find(|t| audit.contract.tables.contains_key(*t));
        let subject = protected.map_or(call.function.clone(), str::to_owned);
        let wrong = audit.observations.helpers.iter().filter(|c| c.function == call.function);
        let wrong: Vec<_> =
            wrong.filter(|c| c.answer != Ok(c.expected)).map(describe_call).collect();
        let message = format!("the helper {} is wrong: {}", call.function, wrong.join("; "));
        let remedy = format!(
            "-- Restore its body from the migration that created it. Never revoke EXECUTE on it from the\n\
             -- roles whose policies call it: their queries would fail.\n-- \\sf {}",
            call.function
        );
        findings.push(about(
            check,
            audit,
            Status::Critical,
            &subject,
            message,
            "a direct call",
            remedy,
        ));
    }
    findings
}

fn describe_call(call: &HelperCall) -> String {
    let said = match &call.answer {
        Ok(answer) => answer.to_string(),
        Err(why) => why.clone(),
    };
    format!("{} and {}: {said}, not {}", call.persona.as_str(), call.argument, call.expected)
}
