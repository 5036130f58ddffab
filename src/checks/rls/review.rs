//! `rls.review`: entries of the contract that are open to clients and not yet confirmed.

use super::Check;
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no table of the contract is marked for review. WARNING. Paths keep their own finding while marked.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.review",
    title: "tables open to clients are reviewed",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let tables =
        audit.contract.review.iter().filter(|name| audit.contract.tables.contains_key(*name));
    let message = "open to clients in the contract, which marks it \"# review\"; remove the comment to confirm it";
    tables.map(|name| check.finding(Status::Warning, name, message)).collect()
}
