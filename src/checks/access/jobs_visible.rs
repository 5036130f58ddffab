//! `access.jobs`: whether this login can read the jobs table.

use super::{AccessFacts, Check};
use crate::facts::{Evidence, Finding, Section, SourceErrorKind, Status, Thresholds};

/// Check that this login can read the jobs table, which all queue facts depend on.
pub(crate) const CHECK: Check<AccessFacts> = Check {
    id: "access.jobs",
    title: "this login can read the jobs table",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<AccessFacts>, facts: &AccessFacts, _: &Thresholds) -> Vec<Finding> {
    vec![match &facts.result {
        Ok(layout) => {
            let subject = layout.relation.to_string();
            let key_columns = format!("{}, by {}", layout.id.sql(), layout.state_column);
            let mut message = format!(
                "this login can read the jobs table ({key_columns}); other roles: see rls audit"
            );
            for assumption in &layout.assumptions {
                message.push_str("; ");
                message.push_str(assumption);
            }
            check.finding(Status::Ok, subject, message).evidence(Evidence::flag(
                true,
                facts.at,
                facts.source.clone(),
            ))
        }
        Err(error) => {
            let next = match error.kind {
                kind if kind.is_configuration() => "cliplyctl config show",
                SourceErrorKind::Permission | SourceErrorKind::Hidden => "cliplyctl rls audit",
                _ => "cliplyctl config check",
            };
            check.finding(Status::Unknown, "jobs table", error.message.clone()).next(next)
        }
    }]
}
