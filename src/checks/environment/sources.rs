//! `env.code`: every source file that may use the environment was read.

use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;
use crate::zod::model::Environment;

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.code",
    title: "all source files could be read",
    section: Section::Environment,
    evaluate,
};

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(code) = &facts.code else { return Vec::new() };
    let unread = code.unread.iter().map(|unread| {
        let (file, message) = (unread.place.file.display().to_string(), unread.to_string());
        check.finding(Status::Unknown, file, message).at(unread.place.clone())
    });
    let mut findings: Vec<_> = unread.collect();
    let root = code.root.display().to_string();
    if code.files == 0 {
        let message = format!("no TypeScript or JavaScript below {root}");
        findings.push(check.finding(Status::Unknown, root, message));
    } else if findings.is_empty() {
        let files = text::plural(code.files as u64, "source file", "source files");
        findings.push(check.finding(Status::Ok, &root, format!("{files} below {root}")));
    }
    findings
}
