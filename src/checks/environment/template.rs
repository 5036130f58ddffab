//! `env.template`: template and schema contain the same keys.

use std::collections::{HashMap, HashSet};

use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::model::{
    EntryState, EnvEntry, EnvFile, EnvSchema, Environment, SchemaKey, SourceLine,
};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.template",
    title: "Template and schema declare the same keys",
    section: Section::Environment,
    evaluate,
};

/// The Jaro–Winkler similarity from which a name counts as renamed.
const MIN_SIMILARITY: f64 = 0.9;

/// The differences between template and schema.
#[derive(Debug, Default)]
pub(crate) struct Drift<'a> {
    /// Keys of the schema that the template does not contain.
    pub(crate) missing: Vec<&'a SchemaKey>,
    /// Entries of the template that the schema does not declare.
    pub(crate) extra: Vec<&'a EnvEntry>,
    /// Keys of the schema that the template contains only as a comment.
    pub(crate) documented: Vec<&'a SchemaKey>,
}

/// Compares template and schema by key name. If `strict`, a key that is only commented is missing.
pub(crate) fn drift<'a>(schema: &'a EnvSchema, template: &'a EnvFile, strict: bool) -> Drift<'a> {
    let mut states: HashMap<&str, EntryState> = HashMap::new();
    for entry in &template.entries {
        let state = states.entry(&entry.key).or_insert(entry.state);
        if entry.state == EntryState::Active {
            *state = EntryState::Active;
        }
    }
    let mut drift = Drift::default();
    for key in &schema.keys {
        match states.get(key.name.as_str()) {
            Some(EntryState::Active) => {}
            Some(EntryState::Commented) if !strict => drift.documented.push(key),
            _ => drift.missing.push(key),
        }
    }
    let declared: HashSet<&str> = schema.keys.iter().map(|key| key.name.as_str()).collect();
    let mut reported = HashSet::new();
    // A comment such as `# note=…` is prose: commented keys are written in upper case.
    let is_key = |entry: &EnvEntry| {
        entry.state == EntryState::Active || !entry.key.bytes().any(|b| b.is_ascii_lowercase())
    };
    drift.extra = template
        .entries
        .iter()
        .filter(|entry| !declared.contains(entry.key.as_str()) && is_key(entry))
        .filter(|entry| !schema.is_set_by_platform(&entry.key))
        .filter(|entry| reported.insert(entry.key.as_str()))
        .collect();
    drift
}

/// The most similar of other names, if it is similar enough to be the same key, renamed or misspelled.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    others: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    others
        .filter(|other| *other != name)
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(template) = &facts.template else { return Vec::new() };
    let drift = drift(&facts.schema, template, facts.policy.strict);
    let mut findings = Vec::new();
    let path = template.path.display();
    let entries = template.in_force();
    for key in &drift.missing {
        let similar = did_you_mean(&key.name, drift.extra.iter().map(|entry| entry.key.as_str()));
        let entry = entries.get(key.name.as_str());
        let message = match (entry, similar) {
            (Some(entry), _) => {
                format!("{} is only documented, at {path}:{}", key.name, entry.line)
            }
            (None, Some(other)) => format!(
                "{} is declared at {} and not in {path}, which has {other} (renamed?)",
                key.name, key.place
            ),
            (None, None) => {
                format!("{} is declared at {} and not in {path}", key.name, key.place)
            }
        };
        let finding = check.finding(Status::Critical, &key.name, message);
        findings.push(finding.at(key.place.clone()));
    }
    // If the schema is incomplete, it may declare an extra key after all.
    let unresolved = facts.schema.unresolved.first();
    for entry in &drift.extra {
        let place = SourceLine { file: template.path.clone(), line: entry.line };
        // A missing key is suggested first; once it is inserted, a key of the template.
        let missing = drift.missing.iter().map(|key| key.name.as_str());
        let similar = did_you_mean(&entry.key, missing).or_else(|| {
            did_you_mean(&entry.key, facts.schema.keys.iter().map(|key| key.name.as_str()))
        });
        let mut message = format!("{} stands at {place} and is not in the schema", entry.key);
        match similar {
            Some(other) if entries.contains_key(other) => message
                .push_str(&format!(", which has {other}, as the template does: delete this line")),
            Some(other) => message.push_str(&format!(", which has {other} (renamed?)")),
            None => {}
        }
        let status = match unresolved {
            Some(what) => {
                message.push_str(&format!(", unless {what}"));
                Status::Unknown
            }
            None => Status::Critical,
        };
        findings.push(check.finding(status, &entry.key, message).at(place));
    }
    if findings.is_empty() {
        let (all, documented) = (facts.schema.keys.len(), drift.documented.len());
        let message =
            format!("{all} keys agree, {documented} of them are only documented in {path}");
        findings.push(check.finding(Status::Ok, path.to_string(), message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, worst};
    use super::*;

    fn findings(schema: &str, template: &str) -> Vec<Finding> {
        CHECK.run(&environment(schema, Some(template), &[]), &Thresholds::default())
    }

    #[test]
    fn matching_template_is_ok_and_counts_documented_keys() {
        let found = findings("A: z.string(), B: z.string().optional()", "A=\n# B=\n# note=x\n");
        assert_eq!(worst(&found), Status::Ok);
        assert!(found[0].message.contains("1 of them are only documented"), "{found:?}");
    }

    #[test]
    fn old_name_of_an_inserted_key_is_marked_for_deletion() {
        let found = findings("SERVICE_ROLE_KEY: z.string()", "SERVICE_ROLE_KEY=x\nSERVICE_KEY=x\n");
        assert!(found[0].message.ends_with("delete this line"), "{found:?}");
    }

    #[test]
    fn strict_treats_documented_keys_as_missing() {
        let mut facts = environment("A: z.string()", Some("# A=\n"), &[]);
        facts.policy.strict = true;
        let found = CHECK.run(&facts, &Thresholds::default());
        assert_eq!(worst(&found), Status::Critical);
        assert!(found[0].message.contains("only documented"), "{found:?}");
    }

    #[test]
    fn renamed_key_is_critical_on_both_sides_and_suggested() {
        let found = findings("SUPABASE_SERVICE_ROLE_KEY: z.string()", "SUPABASE_SERVICE_KEY=\n");
        let subjects: Vec<_> = found.iter().map(|f| (f.subject.as_str(), f.status)).collect();
        assert_eq!(
            subjects,
            [
                ("SUPABASE_SERVICE_ROLE_KEY", Status::Critical),
                ("SUPABASE_SERVICE_KEY", Status::Critical)
            ]
        );
        assert!(
            found[0].message.contains("which has SUPABASE_SERVICE_KEY (renamed?)"),
            "{found:?}"
        );
        assert!(found[0].message.contains("env.ts:2"), "{found:?}");
        assert!(found[1].message.contains(".env.example:1"), "{found:?}");
        // The suggestion remains after the new key was inserted.
        let template = "SUPABASE_SERVICE_ROLE_KEY=\nSUPABASE_SERVICE_KEY=\n";
        let found = findings("SUPABASE_SERVICE_ROLE_KEY: z.string()", template);
        assert!(found[0].message.contains("which has SUPABASE_SERVICE_ROLE_KEY"), "{found:?}");
    }

    #[test]
    fn extra_key_is_unknown_if_the_schema_is_incomplete() {
        let found = findings("A: z.string(), ...elsewhere", "A=\nB=\n");
        assert_eq!(worst(&found), Status::Unknown);
    }
}
