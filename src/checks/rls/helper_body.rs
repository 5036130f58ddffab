//! `rls.helper_body`: helper functions of policies that differ from the contract.

use super::{Check, table_finding};
use crate::access::write_contract::helper;
use crate::facts::access::Audit;
use crate::facts::access::contract::ContractHelper;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that the helpers of the contract have the expected body. WARNING; if it changes access, its effect makes the
/// finding CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.helper_body",
    title: "helpers of policies match the contract",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (signature, expected) in &audit.contract.helpers {
        let message = match audit.catalog.function(signature).map(helper) {
            None => "the helper of the contract is missing".to_owned(),
            Some(actual) if same(&actual, expected) => continue,
            Some(actual) => format!(
                "the helper {signature} differs from the contract: {}",
                difference(&actual, expected)
            ),
        };
        let mut tables = audit.catalog.callers(signature).map(|p| p.table.as_str());
        let subject = tables.find(|t| audit.contract.tables.contains_key(*t)).unwrap_or(signature);
        let fix = format!(
            "-- Restore it from the migration that created it, or write the contract again.\n-- \\sf {signature}"
        );
        let (status, source) = (Status::Warning, "pg_proc");
        findings.push(table_finding(check, audit, status, subject, message, source, fix));
    }
    findings
}

fn same(a: &ContractHelper, b: &ContractHelper) -> bool {
    difference(a, b).is_empty()
}

/// Returns what differs; white space does not count.
fn difference(actual: &ContractHelper, expected: &ContractHelper) -> String {
    let words = |body: &str| body.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = Vec::new();
    if words(&actual.body) != words(&expected.body) {
        parts.push("its body");
    }
    if actual.definer != expected.definer {
        parts.push(if actual.definer {
            "it is SECURITY DEFINER now"
        } else {
            "it is SECURITY INVOKER now"
        });
    }
    if actual.search_path != expected.search_path {
        parts.push("its search_path");
    }
    parts.join(", ")
}
