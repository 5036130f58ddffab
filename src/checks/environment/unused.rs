//! `env.unused`: the code reads every key that the schema declares.

use std::collections::HashSet;
use std::path::Path;

use super::ambient::{is_ambient, is_read_by_library};
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::model::{CodeForm, EnvSchema, Environment, SchemaKey};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.unused",
    title: "all declared variables are read",
    section: Section::Environment,
    evaluate,
};

/// A key is used if its name occurs in the code, or if it is a fallback of another key.
fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(code) = facts.code.as_ref().filter(|code| code.files > 0) else { return Vec::new() };
    let used = code.uses.iter().filter(|found| found.form != CodeForm::SchemaInput);
    let used: HashSet<&str> = used.map(|found| found.key.as_str()).collect();
    let is_fallback =
        |key: &str| facts.policy.fallbacks.iter().any(|fallback| fallback.from == key);
    let is_used = |schema: &EnvSchema, key: &SchemaKey| {
        let mut names = schema.variables(key).into_iter().chain([key.name.as_str()]);
        names.any(|name| {
            used.contains(name)
                || is_fallback(name)
                || is_ambient(name)
                || is_read_by_library(name, &facts.project.dependencies)
        })
    };
    let unused = facts.keys().filter(|(schema, key)| !is_used(schema, key)).map(|(_, key)| key);
    // A test reads what it sets itself.
    let computed = code.computed.iter().find(|place| !is_test(&place.file));
    let exception = match (code.unread.first(), computed) {
        (Some(unread), _) => format!(", except possibly in {}", unread.place.file.display()),
        (None, Some(place)) => format!(", except possibly by the computed name at {place}"),
        (None, None) => String::new(),
    };
    // A file that could not be read may read the key.
    let status = if code.unread.is_empty() { Status::Warning } else { Status::Unknown };
    let finding = |key: &SchemaKey| {
        let root = code.root.display();
        let message =
            format!("{} (declared at {}) is not read below {root}{exception}", key.name, key.place);
        check.finding(status, &key.name, message).at(key.place.clone())
    };
    let mut findings: Vec<_> = unused.map(finding).collect();
    if findings.is_empty() {
        let root = code.root.display().to_string();
        findings.push(check.finding(Status::Ok, root, "all declared keys are read"));
    }
    findings
}

/// Whether a file is a test, by its name or its folder.
fn is_test(file: &Path) -> bool {
    let text = file.to_string_lossy();
    let folders = ["__tests__", "__mocks__", "test", "tests", "e2e", "cypress"];
    [".test.", ".spec.", "vitest.", "jest."].iter().any(|part| text.contains(part))
        || file.components().any(|part| folders.iter().any(|name| part.as_os_str() == *name))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, with_code};
    use super::*;
    use crate::zod::model::{SourceLine, Unresolved};

    fn found(facts: &Environment) -> Vec<(String, Status)> {
        CHECK
            .run(facts, &Thresholds::default())
            .into_iter()
            .map(|f| (f.subject, f.status))
            .collect()
    }

    #[test]
    fn unused_key_is_a_warning_and_unknown_if_a_file_is_unread() {
        let schema = environment("A: z.string(), B: z.string(), C: z.string()", None, &[]);
        let uses = [("A", CodeForm::Read), ("B", CodeForm::Mention), ("C", CodeForm::SchemaInput)];
        let mut facts = with_code(schema, &uses);
        assert_eq!(found(&facts), [("C".to_owned(), Status::Warning)]);
        let place = SourceLine { file: "src/bad.ts".into(), line: 1 };
        let unread = Unresolved { place, reason: "syntax error".to_owned() };
        facts.code.as_mut().unwrap().unread.push(unread);
        assert_eq!(found(&facts), [("C".to_owned(), Status::Unknown)], "it may be read there");
    }
}
