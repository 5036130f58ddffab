//! `env.values`: the application starts with these values.

use super::booleans::is_inverted;
use super::dollars;
use super::similar::did_you_mean;
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;
use crate::zod::evaluate::{Evaluation, KeyResult, Variables};
use crate::zod::model::{
    EnvSchema, EnvValues, Environment, Fallback, Loader, ObjectMode, SchemaKey, SetValue,
};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.values",
    title: "all values are valid",
    section: Section::Environment,
    evaluate,
};

/// The effective value of a key: its own, or that of a fallback if its own is missing or blank.
pub(crate) fn in_force<'a>(
    values: &'a EnvValues,
    fallbacks: &[Fallback],
    key: &str,
) -> Option<&'a SetValue> {
    let filled = |name: &str| values.get(name).filter(|set| !set.value.reveal().is_empty());
    filled(key)
        .or_else(|| {
            let mut alternatives = fallbacks.iter().filter(|fallback| fallback.key == key);
            alternatives.find_map(|fallback| filled(&fallback.from))
        })
        .or_else(|| values.get(key))
}

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(values) = &facts.values else { return Vec::new() };
    let mut findings = encodings(check, values);
    for schema in facts.schemas() {
        let known = variables(schema, values, &facts.policy.fallbacks);
        let evaluation = Evaluation::new(schema, known);
        let expanded = perhaps_expanded(facts, values, schema);
        for key in &schema.keys {
            let differs = expanded
                .as_ref()
                .and_then(|expanded| loader_finding(check, (&evaluation, expanded), key));
            let found = || {
                let refused = key_finding(check, facts, values, (&evaluation, schema, key));
                let mut names = schema.variables(key).into_iter();
                let set = names.find_map(|name| in_force(values, &facts.policy.fallbacks, name));
                let dollar = set.and_then(|set| dollars::finding(check, facts, values, (key, set)));
                match (refused, dollar) {
                    (Some(found), Some(dollar)) if dollar.status == Status::Warning => {
                        let message = format!("{}; {}", found.message, dollar.message);
                        Some(Finding { message, ..found })
                    }
                    (found, dollar) => dollar.or(found),
                }
            };
            findings.extend(differs.or_else(found));
        }
        findings.extend(object_finding(check, schema, evaluation.object()));
        for what in &schema.unresolved {
            let message = format!("not known without running the code: {what}");
            findings.push(check.finding(Status::Unknown, &schema.name, message));
        }
    }
    findings.extend(dollars::lost_files(check, facts, values));
    findings.extend(required(check, facts, values));
    findings.extend(undeclared(check, facts, values));
    if !findings.iter().any(|finding| finding.status != Status::Ok) {
        let message =
            format!("{} valid", text::plural(facts.keys().count() as u64, "key is", "keys are"));
        findings.insert(0, check.finding(Status::Ok, &facts.schema.name, message));
    }
    findings
}

/// The variables of an application with these values: each as its loader reads it, and a key whose own variable
/// is missing or blank by its fallback.
pub(crate) fn variables(
    schema: &EnvSchema,
    values: &EnvValues,
    fallbacks: &[Fallback],
) -> Variables {
    let pairs = values.set.iter().map(|set| (set.key.clone(), set.effective().to_owned()));
    let mut variables = Variables::only(pairs).doubting("NODE_ENV");
    for key in &schema.keys {
        if let Some(set) = in_force(values, fallbacks, &key.name) {
            variables.set(&key.name, set.effective());
        }
    }
    variables
}

/// The environment after `$NAME` is replaced, if it is not known whether the loader of the project does so.
fn perhaps_expanded<'s>(
    facts: &Environment,
    values: &EnvValues,
    schema: &'s EnvSchema,
) -> Option<Evaluation<'s>> {
    if facts.project.loader != Loader::Unknown {
        return None;
    }
    let mut expanded = values.clone();
    expanded.expand(facts.project.loader);
    let changed = expanded.set.iter().any(|set| set.expanded.is_some());
    changed.then(|| Evaluation::new(schema, variables(schema, &expanded, &facts.policy.fallbacks)))
}

/// The finding for a key that is accepted or not depending on the loader of `.env` files.
fn loader_finding(
    check: &Check<Environment>,
    (plain, expanded): (&Evaluation<'_>, &Evaluation<'_>),
    key: &SchemaKey,
) -> Option<Finding> {
    let accepts = |evaluation: &Evaluation<'_>| match evaluation.key(key) {
        KeyResult::Accepted => Some(true),
        KeyResult::Refused(_) => Some(false),
        KeyResult::Unknown(_) => None,
    };
    let (plain, expanded) = (accepts(plain)?, accepts(expanded)?);
    let word = |accepted: bool| if accepted { "accepted" } else { "refused" };
    (plain != expanded).then(|| {
        let message = format!(
            "{} is {} as written, but {} if the loader expands $NAME, as Next.js, Vite and Bun do ({})",
            key.name,
            word(plain),
            word(expanded),
            key.place
        );
        check.finding(Status::Unknown, &key.name, message).at(key.place.clone())
    })
}

/// Findings for files whose encoding no loader reads.
fn encodings(check: &Check<Environment>, values: &EnvValues) -> Vec<Finding> {
    let files = values.unreadable.iter();
    files
        .map(|file| {
            let message =
                format!("{file} is UTF-16: dotenv reads nothing from it; save it as UTF-8");
            check.finding(Status::Critical, file, message)
        })
        .collect()
}

/// The finding for a check of the whole object.
fn object_finding(
    check: &Check<Environment>,
    schema: &EnvSchema,
    result: KeyResult,
) -> Option<Finding> {
    let (status, reasons) = match result {
        KeyResult::Accepted => return None,
        KeyResult::Refused(reasons) => (Status::Critical, reasons),
        KeyResult::Unknown(reasons) => (Status::Unknown, reasons),
    };
    let result = if status == Status::Critical { "are refused" } else { "cannot be evaluated" };
    let message = format!("the values together {result}: {}", reasons.join("; "));
    Some(check.finding(status, &schema.name, message))
}

/// The finding for a key whose value is not accepted.
fn key_finding(
    check: &Check<Environment>,
    facts: &Environment,
    values: &EnvValues,
    (evaluation, schema, key): (&Evaluation<'_>, &EnvSchema, &SchemaKey),
) -> Option<Finding> {
    let mut names = schema.variables(key).into_iter();
    let set = names.find_map(|name| in_force(values, &facts.policy.fallbacks, name));
    let (status, reasons) = match evaluation.key(key) {
        KeyResult::Accepted => return inverted(check, key, set),
        KeyResult::Refused(reasons) => (Status::Critical, reasons),
        KeyResult::Unknown(reasons) => (Status::Unknown, reasons),
    };
    if set.is_none() && facts.project.sets(&key.name) {
        return None; // by the framework, whatever the files say
    }
    let state = set.map_or("not set".to_owned(), |set| {
        let from = if set.key == key.name { String::new() } else { format!(" as {}", set.key) };
        format!("{}{from} in {}", set.value.shape(), set.origin)
    });
    let result = if status == Status::Critical { "is refused" } else { "cannot be evaluated" };
    let reasons = reasons.join("; ");
    let message = format!("{} ({state}) {result}: {reasons} ({})", key.name, key.place);
    Some(check.finding(status, &key.name, message).at(key.place.clone()))
}

/// The finding for a value that means false and is parsed as true.
fn inverted(
    check: &Check<Environment>,
    key: &SchemaKey,
    set: Option<&SetValue>,
) -> Option<Finding> {
    let set = set.filter(|set| is_inverted(&key.rule, set.effective()))?;
    let message = format!(
        "{} ({}) is parsed as true: z.coerce.boolean() parses every text as true ({})",
        key.name, set.origin, key.place
    );
    Some(check.finding(Status::Warning, &key.name, message).at(key.place.clone()))
}

/// Findings for keys that the profile requires in addition to the schema.
fn required(check: &Check<Environment>, facts: &Environment, values: &EnvValues) -> Vec<Finding> {
    let profile = facts.policy.profile.as_deref().unwrap_or("unnamed");
    let filled = |name: &str| {
        in_force(values, &facts.policy.fallbacks, name)
            .is_some_and(|set| !set.value.reveal().is_empty())
    };
    let missing = facts.policy.required.iter().filter(|name| !filled(name));
    missing
        .map(|name| {
            let state = if values.get(name).is_some() { "blank" } else { "not set" };
            let message = format!("{name} is {state}, but the profile {profile} requires it");
            check.finding(Status::Critical, name, message)
        })
        .collect()
}

/// Findings for undeclared keys of files; most undeclared keys of the process are of other programs.
fn undeclared(check: &Check<Environment>, facts: &Environment, values: &EnvValues) -> Vec<Finding> {
    let known = |name: &str| {
        facts.key(name).is_some()
            || facts.schemas().any(|schema| schema.read_by_code().contains(name))
            || facts.policy.fallbacks.iter().any(|fallback| fallback.from == name)
            || facts.policy.required.iter().any(|required| required == name)
    };
    let strict = facts.schemas().any(|schema| schema.mode == ObjectMode::Strict);
    let status = match (strict, facts.open().is_none()) {
        (true, true) => Status::Critical,
        (true, false) => Status::Unknown,
        (false, _) => Status::Ok,
    };
    let unknown = values.set.iter().filter(|set| !set.from_process && !known(&set.key));
    unknown
        .map(|set| {
            let refused = if strict { "; a strict schema rejects it" } else { "" };
            let mut message = format!("{} ({}) is not in the schema{refused}", set.key, set.origin);
            let keys = facts.keys().map(|(_, key)| key.name.as_str());
            if let Some(other) = did_you_mean(&set.key, keys) {
                message.push_str(&format!("; did you mean {other}?"));
            }
            check.finding(status, &set.key, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, worst};
    use super::*;

    fn findings(schema: &str, values: &[(&str, &str)]) -> Vec<Finding> {
        CHECK.run(&environment(schema, None, values), &Thresholds::default())
    }

    #[test]
    fn all_invalid_values_are_reported_without_the_values() {
        let found = findings(
            "A: z.string().url(), B: z.string().min(20), C: z.string(), D: z.string().optional()",
            &[("A", "hunter2"), ("B", "hunter2")],
        );
        let subjects: Vec<_> = found.iter().map(|f| f.subject.as_str()).collect();
        assert_eq!(subjects, ["A", "B", "C"]);
        assert_eq!(worst(&found), Status::Critical);
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
        assert!(found[1].message.contains("set, 7 characters"), "{found:?}");
    }

    #[test]
    fn valid_values_are_ok() {
        let found = findings("A: z.string().url()", &[("A", "https://x.example")]);
        assert_eq!(worst(&found), Status::Ok);
    }

    #[test]
    fn custom_refinement_is_unknown_unless_another_rule_fails() {
        let schema = "A: z.string().min(3).refine(check)";
        assert_eq!(worst(&findings(schema, &[("A", "abc")])), Status::Unknown);
        assert_eq!(worst(&findings(schema, &[("A", "a")])), Status::Critical);
    }

    #[test]
    fn fallback_is_used_if_the_key_is_missing_or_blank() {
        let values = [("SUPABASE_URL", ""), ("NEXT_PUBLIC_SUPABASE_URL", "https://x.example")];
        let mut facts = environment("SUPABASE_URL: z.string().url()", None, &values);
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
        facts.policy.fallbacks.push(Fallback {
            key: "SUPABASE_URL".to_owned(),
            from: "NEXT_PUBLIC_SUPABASE_URL".to_owned(),
        });
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Ok);
    }

    #[test]
    fn profile_requires_keys_that_are_optional_in_the_schema() {
        let mut facts = environment("A: z.string().optional()", None, &[("A", "")]);
        facts.policy.profile = Some("production".to_owned());
        facts.policy.required = vec!["A".to_owned(), "B".to_owned()];
        let found = CHECK.run(&facts, &Thresholds::default());
        let messages: Vec<_> = found.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "A is blank, but the profile production requires it",
                "B is not set, but the profile production requires it"
            ]
        );
    }

    #[test]
    fn undeclared_values_fail_only_in_strict_schemas() {
        let mut facts =
            environment("LOG_LEVEL: z.string()", None, &[("LOG_LEVEL", "x"), ("LOG_LEVL", "x")]);
        let found = CHECK.run(&facts, &Thresholds::default());
        assert_eq!(worst(&found), Status::Ok);
        assert!(found.iter().any(|f| f.message.contains("did you mean LOG_LEVEL")), "{found:?}");
        facts.schema.mode = ObjectMode::Strict;
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
    }

    #[test]
    fn false_for_a_coerced_boolean_is_a_warning() {
        let schema = "A: z.coerce.boolean().default(true)";
        for (value, expected) in
            [("false", Status::Warning), ("true", Status::Ok), ("", Status::Ok)]
        {
            assert_eq!(worst(&findings(schema, &[("A", value)])), expected, "{value}");
        }
        let preprocessed = "A: z.preprocess((v) => v === 'true', z.boolean())";
        assert_eq!(worst(&findings(preprocessed, &[("A", "false")])), Status::Ok);
    }

    #[test]
    fn check_of_the_whole_object_is_run_if_every_key_is_accepted() {
        let schema = "A: z.string().optional(), B: z.string().optional()";
        let mut facts = environment(schema, None, &[("A", "x")]);
        let text = format!(
            "import {{ z }} from 'zod/v3';\nexport const EnvSchema = z.object({{ {schema} }}).refine((e) => !e.A || e.B);"
        );
        let path = std::path::Path::new("env.ts");
        let files = crate::zod::schema::Files::NONE;
        facts.schema = crate::zod::schema::parse(path, &text, None, files).unwrap();
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
        facts.values = Some(environment(schema, None, &[("A", "x"), ("B", "y")]).values.unwrap());
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Ok);
    }

    #[test]
    fn dollar_is_evaluated_both_ways_if_the_loader_is_not_known() {
        let mut facts = environment("A: z.string().length(8)", None, &[("A", "ab$cdefg")]);
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Unknown);
        facts.project.loader = Loader::Literal("dotenv");
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Ok);
        facts.project.loader = Loader::Expands("Next.js");
        facts.values.as_mut().unwrap().expand(facts.project.loader);
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
    }
}
