//! `access.jobs`: whether this login can read the jobs table.

use super::{AccessFacts, Check};
use crate::checks::next;
use crate::facts::Suggestion;
use crate::facts::{Evidence, Finding, Section, SourceErrorKind, Status, Thresholds};
use crate::suggest::ShellCommand;

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
                kind if kind.is_configuration() => next::CONFIG_SHOW,
                SourceErrorKind::Permission | SourceErrorKind::Hidden => {
                    Suggestion::of_section(ShellCommand::new("rls audit"), check.section)
                }
                _ => next::CONFIG_CHECK,
            };
            check.finding(Status::Unknown, "jobs table", error.message.clone()).next_step(next)
        }
    }]
}
