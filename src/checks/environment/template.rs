//! `env.template`: template and schema contain the same keys.

use std::collections::HashSet;

use super::drift::{Drift, MissingKey, drift};
use super::similar::did_you_mean;
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;
use crate::zod::evaluate::{KeyResult, evaluate_missing};
use crate::zod::model::{EnvEntry, EnvFile, Environment, Rule, SourceLine};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.template",
    title: "template and schema have the same keys",
    section: Section::Environment,
    evaluate,
};

/// Whether an application starts without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Required,
    Unknown,
    Optional,
}

fn need(missing: &MissingKey<'_>) -> Need {
    match evaluate_missing(missing.schema, missing.key) {
        KeyResult::Refused(_) => Need::Required,
        KeyResult::Unknown(_) => Need::Unknown,
        KeyResult::Accepted => Need::Optional,
    }
}

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(template) = &facts.template else { return Vec::new() };
    let drift = drift(facts, template);
    let mut findings = Vec::new();
    let mut missing: Vec<_> =
        drift.missing.iter().map(|missing| (need(missing), missing)).collect();
    missing.sort_by_key(|(need, _)| *need);
    let mut renamed = HashSet::new();
    for (need, missing) in missing {
        let extra = drift.extra.iter().map(|entry| entry.key.as_str());
        let similar = did_you_mean(missing.name, extra.filter(|name| !is_read(facts, name)));
        renamed.extend(similar);
        findings.push(missing_finding(check, template, missing, need, similar));
    }
    // One rename is one finding.
    let extra = drift.extra.iter().filter(|entry| !renamed.contains(entry.key.as_str()));
    findings.extend(extra.map(|entry| extra_finding(check, facts, template, &drift, entry)));
    let path = template.path.display();
    for (key, reason) in &drift.unknown {
        let message = format!("not known whether {path} contains {}: {reason}", key.name);
        findings.push(check.finding(Status::Unknown, &key.name, message).at(key.place.clone()));
    }
    for what in facts.schemas().flat_map(|schema| &schema.unresolved) {
        let message = format!("the schema may declare more keys: {what}");
        findings
            .push(check.finding(Status::Unknown, path.to_string(), message).at(what.place.clone()));
    }
    if findings.is_empty() {
        let (all, documented) = (facts.keys().count(), drift.documented.len());
        let message = format!(
            "{} ({documented} only as comments in {path})",
            text::plural(all as u64, "key matches", "keys match")
        );
        findings.push(check.finding(Status::Ok, path.to_string(), message));
    }
    findings
}

/// Whether the sources read a variable: then it is not another one's old name.
fn is_read(facts: &Environment, name: &str) -> bool {
    let in_code = facts.code.as_ref().is_some_and(|code| code.uses.iter().any(|u| u.key == name));
    in_code || facts.schemas().any(|schema| schema.mentioned.contains(name))
}

fn missing_finding(
    check: &Check<Environment>,
    template: &EnvFile,
    missing: &MissingKey<'_>,
    need: Need,
    similar: Option<&str>,
) -> Finding {
    let (key, path) = (missing.key, template.path.display());
    let entries = template.in_force();
    let need = match need {
        Need::Required => "required",
        Need::Optional if has_default(&key.rule) => "has a default",
        Need::Optional => "optional",
        Need::Unknown => "perhaps required",
    };
    let name = match missing.name == key.name {
        true => key.name.clone(),
        false => format!("{} (for {})", missing.name, key.name),
    };
    let message = match (entries.get(missing.name), similar) {
        (Some(entry), _) => {
            format!("{name} ({need}) is only in a comment at {path}:{}", entry.line)
        }
        (None, Some(other)) => {
            format!("{other} in {path} was probably renamed to {name} ({need}, {})", key.place)
        }
        (None, None) => format!("{name} ({need}, {}) is missing in {path}", key.place),
    };
    check.finding(Status::Critical, &key.name, message).at(key.place.clone())
}

fn has_default(rule: &Rule) -> bool {
    match rule {
        Rule::Default(..) | Rule::Prefault(..) => true,
        Rule::Pipe(from, to) => has_default(from) || has_default(to),
        Rule::Optional(inner)
        | Rule::Nullable(inner)
        | Rule::Readonly(inner)
        | Rule::Catch(inner, _)
        | Rule::Refine(inner, ..) => has_default(inner),
        _ => false,
    }
}

fn extra_finding(
    check: &Check<Environment>,
    facts: &Environment,
    template: &EnvFile,
    drift: &Drift<'_>,
    entry: &EnvEntry,
) -> Finding {
    let place = SourceLine { file: template.path.clone(), line: entry.line };
    let mut message = format!("{place} sets {}, which is not in the schema", entry.key);
    let in_template = |name: &str| template.entries.iter().any(|entry| entry.key == name);
    let declared = facts.keys().map(|(_, key)| key.name.as_str());
    let similar = match is_read(facts, &entry.key) {
        true => None,
        false => did_you_mean(&entry.key, declared),
    };
    match similar {
        Some(other) if in_template(other) => message
            .push_str(&format!("; the schema and the template have {other}: delete this line")),
        Some(other) => message.push_str(&format!("; it was probably renamed to {other}")),
        None => {}
    }
    // If the schema is incomplete, it may declare the key after all.
    let unless = facts.open().map(ToString::to_string).or_else(|| drift.unknown_reads.clone());
    let status = match unless {
        Some(what) => {
            message.push_str(&format!(", unless {what}"));
            Status::Unknown
        }
        None => Status::Critical,
    };
    check.finding(status, &entry.key, message).at(place)
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
        assert!(found[0].message.contains("1 only as comments"), "{found:?}");
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
        assert!(found[0].message.contains("only in a comment"), "{found:?}");
    }

    #[test]
    fn renamed_key_is_one_finding_that_names_both() {
        let found = findings("SUPABASE_SERVICE_ROLE_KEY: z.string()", "SUPABASE_SERVICE_KEY=\n");
        let subjects: Vec<_> = found.iter().map(|f| (f.subject.as_str(), f.status)).collect();
        assert_eq!(subjects, [("SUPABASE_SERVICE_ROLE_KEY", Status::Critical)]);
        assert!(
            found[0].message.contains("SUPABASE_SERVICE_KEY in .env.example was probably renamed"),
            "{found:?}"
        );
        assert!(found[0].message.contains("env.ts:2"), "{found:?}");
        // The suggestion remains after the new key was inserted.
        let template = "SUPABASE_SERVICE_ROLE_KEY=\nSUPABASE_SERVICE_KEY=\n";
        let found = findings("SUPABASE_SERVICE_ROLE_KEY: z.string()", template);
        assert!(found[0].message.contains("have SUPABASE_SERVICE_ROLE_KEY"), "{found:?}");
    }

    #[test]
    fn extra_key_is_unknown_if_the_schema_is_incomplete() {
        let found = findings("A: z.string(), ...elsewhere", "A=\nB=\n");
        assert_eq!(worst(&found), Status::Unknown);
    }

    #[test]
    fn open_schema_is_unknown_although_all_known_keys_agree() {
        let found = findings("A: z.string(), ...elsewhere", "A=\n");
        assert_eq!(worst(&found), Status::Unknown);
        assert!(found[0].message.contains("may declare more keys"), "{found:?}");
        assert_eq!(worst(&findings("A: z.string(), ...elsewhere", "B=\n")), Status::Critical);
    }

    #[test]
    fn missing_keys_say_whether_they_are_required() {
        let found = findings(
            "A: z.string().optional(), B: z.string().default('x'), C: z.string(), D: z.string().refine(known)",
            "",
        );
        let shown: Vec<_> =
            found.iter().map(|f| f.message.split(", env.ts").next().unwrap()).collect();
        assert_eq!(shown, ["C (required", "D (required", "A (optional", "B (has a default"]);
    }

    #[test]
    fn variable_that_the_framework_sets_is_not_missing() {
        let mut facts = environment("NODE_ENV: z.string(), A: z.string()", Some("A=\n"), &[]);
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
        facts.project.framework = Some("Next.js");
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Ok);
    }
}
