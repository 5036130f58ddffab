//! `env.template`: the template declares the keys that the schema declares, no more and no fewer.

use std::collections::{HashMap, HashSet};

use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::model::{
    EntryState, EnvEntry, EnvFile, EnvSchema, Environment, SchemaKey, SourceLine,
};

/// The check.
pub const CHECK: Check<Environment> = Check {
    id: "env.template",
    title: "Template and schema declare the same keys",
    section: Section::Environment,
    evaluate,
};

/// Names at least this alike are taken for one that was renamed (Jaro–Winkler).
const ALIKE: f64 = 0.9;

/// Where template and schema differ.
#[derive(Debug, Default)]
pub struct Drift<'a> {
    /// In the schema, not in the template.
    pub missing: Vec<&'a SchemaKey>,
    /// In the template, not in the schema.
    pub extra: Vec<&'a EnvEntry>,
    /// In both, in the template only as a comment.
    pub documented: Vec<&'a SchemaKey>,
}

/// Compares the two by name. When strict, a key that is only documented is missing.
#[must_use]
pub fn drift<'a>(schema: &'a EnvSchema, template: &'a EnvFile, strict: bool) -> Drift<'a> {
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
    let mut named = HashSet::new();
    // A comment such as `# note=…` is prose; keys are written in capitals there.
    let is_key = |entry: &EnvEntry| {
        entry.state == EntryState::Active || !entry.key.bytes().any(|b| b.is_ascii_lowercase())
    };
    drift.extra = template
        .entries
        .iter()
        .filter(|entry| !declared.contains(entry.key.as_str()) && is_key(entry))
        .filter(|entry| !schema.is_set_by_platform(&entry.key))
        .filter(|entry| named.insert(entry.key.as_str()))
        .collect();
    drift
}

/// The most similar of some names, when it is similar enough to be the same one, renamed.
#[must_use]
pub fn did_you_mean<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    others
        .filter(|other| *other != name)
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(likeness, _)| *likeness >= ALIKE)
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
        let meant = did_you_mean(&key.name, drift.extra.iter().map(|entry| entry.key.as_str()));
        let entry = entries.get(key.name.as_str());
        let message = match (entry, meant) {
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
    // Where the schema may declare more than can be read, an extra key may be declared after all.
    let open = facts.schema.unresolved.first();
    for entry in &drift.extra {
        let place = SourceLine { file: template.path.clone(), line: entry.line };
        // Of the missing ones first; once they are inserted, one of those that are there.
        let missing = drift.missing.iter().map(|key| key.name.as_str());
        let meant = did_you_mean(&entry.key, missing).or_else(|| {
            did_you_mean(&entry.key, facts.schema.keys.iter().map(|key| key.name.as_str()))
        });
        let mut message = format!("{} stands at {place} and is not in the schema", entry.key);
        match meant {
            Some(other) if entries.contains_key(other) => message
                .push_str(&format!(", which has {other}, as the template does: delete this line")),
            Some(other) => message.push_str(&format!(", which has {other} (renamed?)")),
            None => {}
        }
        let verdict = match open {
            Some(what) => {
                message.push_str(&format!(", unless {what}"));
                Status::Unknown
            }
            None => Status::Critical,
        };
        findings.push(check.finding(verdict, &entry.key, message).at(place));
    }
    if findings.is_empty() {
        let (all, only) = (facts.schema.keys.len(), drift.documented.len());
        let message = format!("{all} keys agree, {only} of them are only documented in {path}");
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
        // Inserted, the new name explains the old one still.
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
