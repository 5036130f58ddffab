//! `env.code`: every source that may read the environment could be read itself.

use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;
use crate::zod::model::Environment;

/// The check.
pub const CHECK: Check<Environment> = Check {
    id: "env.code",
    title: "Every source file could be read",
    section: Section::Environment,
    evaluate,
};

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(code) = &facts.code else { return Vec::new() };
    let missed = code.unread.iter().map(|missed| {
        let (file, message) = (missed.place.file.display().to_string(), missed.to_string());
        check.finding(Status::Unknown, file, message).at(missed.place.clone())
    });
    let mut findings: Vec<_> = missed.collect();
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
