//! `env.undeclared`: the schema declares every key that the code reads, so that it is checked at start.

use std::collections::{BTreeMap, BTreeSet};

use super::ambient::{is_ambient, is_read_by_library};
use super::similar::did_you_mean;
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;
use crate::zod::model::{CodeForm, CodeUse, Environment};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.undeclared",
    title: "all variables that the code reads are declared",
    section: Section::Environment,
    evaluate,
};

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(code) = &facts.code else { return Vec::new() };
    let declared: BTreeSet<&str> = facts
        .keys()
        .flat_map(|(schema, key)| schema.variables(key).into_iter().chain([key.name.as_str()]))
        .chain(facts.schemas().flat_map(|schema| schema.read_by_code()))
        .collect();
    let fallbacks = facts.policy.fallbacks.iter();
    let fallbacks: BTreeSet<&str> = fallbacks.map(|fallback| fallback.from.as_str()).collect();
    let mut reads: BTreeMap<&str, Vec<&CodeUse>> = BTreeMap::new();
    for found in code.uses.iter().filter(|found| found.form == CodeForm::Read) {
        reads.entry(&found.key).or_default().push(found);
    }
    let is_undeclared = |key: &str| {
        let set_elsewhere = is_ambient(key)
            || is_read_by_library(key, &facts.project.dependencies)
            || facts.schemas().any(|schema| schema.is_set_by_platform(key));
        !declared.contains(key) && !fallbacks.contains(key) && !set_elsewhere
    };
    let mut findings: Vec<_> = reads
        .iter()
        .filter(|(key, _)| is_undeclared(key))
        .map(|(key, uses)| finding(check, facts, key, uses))
        .collect();
    if findings.is_empty() && code.files > 0 {
        let keys = text::plural(
            reads.len() as u64,
            "key that the code reads is declared",
            "keys that the code reads are declared",
        );
        let mut message = format!("{keys} or set by the platform");
        if let Some(first) = code.computed.first() {
            let lines = text::plural(code.computed.len() as u64, "line reads", "lines read");
            message.push_str(&format!(
                "; {lines} keys by a computed name, which are not known ({first})"
            ));
        }
        findings.push(check.finding(Status::Ok, code.root.display().to_string(), message));
    }
    findings
}

fn finding(
    check: &Check<Environment>,
    facts: &Environment,
    key: &str,
    uses: &[&CodeUse],
) -> Finding {
    let mut message = format!("{key} (read at {}) is not in the schema", places(uses));
    let declared = facts.keys().map(|(_, key)| key.name.as_str());
    if let Some(other) = did_you_mean(key, declared) {
        message.push_str(&format!("; did you mean {other}?"));
    }
    // If the schema is incomplete, it may declare the key after all.
    let status = match facts.open() {
        Some(what) => {
            message.push_str(&format!(", unless {what}"));
            Status::Unknown
        }
        None if facts.policy.strict => Status::Critical,
        None => Status::Warning,
    };
    let finding = check.finding(status, key, message);
    match uses.first() {
        Some(first) => finding.at(first.place.clone()),
        None => finding,
    }
}

/// `src/a.ts:3 and 2 other places`
fn places(uses: &[&CodeUse]) -> String {
    match uses {
        [] => "no place".to_owned(),
        [one] => one.place.to_string(),
        [first, others @ ..] => {
            let others = text::plural(others.len() as u64, "other place", "other places");
            format!("{} and {others}", first.place)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, with_code};
    use super::*;

    fn found(facts: &Environment) -> Vec<(String, Status, String)> {
        let findings = CHECK.run(facts, &Thresholds::default());
        findings.into_iter().map(|f| (f.subject, f.status, f.message)).collect()
    }

    #[test]
    fn undeclared_key_is_a_warning_with_places_and_suggestion() {
        let uses = [("SUPABASE_URI", CodeForm::Read), ("SUPABASE_URI", CodeForm::Read)];
        let mut facts = with_code(environment("SUPABASE_URL: z.string()", None, &[]), &uses);
        let expected = "SUPABASE_URI (read at src/a.ts:1 and 1 other place) is not in the schema; did \
                        you mean SUPABASE_URL?";
        let key = "SUPABASE_URI".to_owned();
        assert_eq!(found(&facts), [(key.clone(), Status::Warning, expected.to_owned())]);
        facts.policy.strict = true;
        assert_eq!(found(&facts)[0].1, Status::Critical);
    }

    #[test]
    fn declared_ambient_and_mentioned_keys_are_ok() {
        let uses = [
            ("A", CodeForm::Read),
            ("NODE_ENV", CodeForm::Read),
            ("VERCEL_URL", CodeForm::Read),
            ("OTHER", CodeForm::Mention),
        ];
        let facts = with_code(environment("A: z.string()", None, &[]), &uses);
        assert_eq!(found(&facts)[0].1, Status::Ok);
        assert!(found(&facts)[0].2.starts_with("3 keys that the code reads are declared"));
    }

    #[test]
    fn computed_reads_are_mentioned() {
        let mut facts =
            with_code(environment("A: z.string()", None, &[]), &[("A", CodeForm::Read)]);
        assert!(!found(&facts)[0].2.contains("computed"));
        let place = facts.code.as_ref().unwrap().uses[0].place.clone();
        facts.code.as_mut().unwrap().computed.push(place);
        assert_eq!(found(&facts)[0].1, Status::Ok);
        assert!(found(&facts)[0].2.contains("computed name, which are not known (src/a.ts:1)"));
    }

    #[test]
    fn undeclared_key_is_unknown_if_the_schema_is_incomplete() {
        let open = "...preset, A: z.string()";
        let facts = with_code(environment(open, None, &[]), &[("B", CodeForm::Read)]);
        assert_eq!(found(&facts)[0].1, Status::Unknown);
    }
}
