//! `env.copy`: the application starts with a copy of the template.

use super::booleans::is_inverted;
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::evaluate::{Evaluation, KeyResult, Variables};
use crate::zod::model::{EntryState, EnvFile, EnvSchema, Environment, SchemaKey, SourceLine};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.copy",
    title: "the template works when copied to .env",
    section: Section::Environment,
    evaluate,
};

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(template) = &facts.template else { return Vec::new() };
    let mut copy = Copy { unknown: Vec::new(), missing: Vec::new(), findings: Vec::new() };
    for schema in facts.schemas() {
        copy.add(check, facts, schema, template);
    }
    let status = if facts.policy.strict { Status::Critical } else { Status::Warning };
    let path = template.path.display().to_string();
    // Each missing key is a finding of `env.template`; here they are one finding.
    if copy.findings.is_empty() && !copy.missing.is_empty() {
        let message = format!(
            "the app would not start with a copy of {path}: missing {}",
            copy.missing.join(", ")
        );
        return vec![check.finding(status, path, message)];
    }
    if copy.findings.is_empty() {
        let mut message = format!("all values in {path} are valid");
        if !copy.unknown.is_empty() {
            let keys = copy.unknown.join(", ");
            message.push_str(&format!(", except {keys}, which run code and were not evaluated"));
        }
        copy.findings.push(check.finding(Status::Ok, path, message));
    }
    copy.findings
}

/// What becomes of a copy of the template.
struct Copy<'f> {
    unknown: Vec<&'f str>,
    missing: Vec<&'f str>,
    findings: Vec<Finding>,
}

impl<'f> Copy<'f> {
    fn add(
        &mut self,
        check: &Check<Environment>,
        facts: &Environment,
        schema: &'f EnvSchema,
        template: &'f EnvFile,
    ) {
        let status = if facts.policy.strict { Status::Critical } else { Status::Warning };
        let entries = template.in_force();
        let evaluation = Evaluation::new(schema, copied(template));
        for key in &schema.keys {
            let variables = schema.variables(key);
            let found = variables.iter().find_map(|name| entries.get(name));
            let result = evaluation.key(key);
            let Some(entry) = found else {
                if matches!(result, KeyResult::Refused(_)) && !facts.project.sets(&key.name) {
                    self.missing.push(key.name.as_str());
                }
                continue;
            };
            match result {
                KeyResult::Accepted
                    if entry.state == EntryState::Active
                        && is_inverted(&key.rule, entry.effective()) =>
                {
                    let place = SourceLine { file: template.path.clone(), line: entry.line };
                    let message = format!(
                        "{} ({place}) is parsed as true: z.coerce.boolean() parses every text as true",
                        key.name
                    );
                    self.findings.push(check.finding(status, &key.name, message).at(place));
                }
                KeyResult::Accepted => {}
                KeyResult::Unknown(_) => self.unknown.push(key.name.as_str()),
                KeyResult::Refused(reasons) => {
                    let active = entry.state == EntryState::Active;
                    let shape = entry.value.shape();
                    let state = if active { shape } else { "only documented".to_owned() };
                    let place = SourceLine { file: template.path.clone(), line: entry.line };
                    let message = describe_key(&place, key, &state, &reasons);
                    self.findings.push(check.finding(status, &key.name, message).at(place));
                }
            }
        }
    }
}

/// The variables of a copy of the template.
pub(crate) fn copied(template: &EnvFile) -> Variables {
    let active = template.entries.iter().filter(|entry| entry.state == EntryState::Active);
    let pairs = active.map(|entry| (entry.key.clone(), entry.effective().to_owned()));
    Variables::only(pairs).doubting("NODE_ENV")
}

fn describe_key(place: &SourceLine, key: &SchemaKey, state: &str, reasons: &[String]) -> String {
    format!("{} ({state}, {place}) is not valid: {}", key.name, reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, worst};
    use super::*;

    fn findings(schema: &str, template: &str) -> Vec<Finding> {
        CHECK.run(&environment(schema, Some(template), &[]), &Thresholds::default())
    }

    #[test]
    fn blank_value_rejected_by_an_optional_rule_is_a_warning() {
        let found = findings(
            "A: z.string().url().optional(), B: z.string().min(1).optional(), C: z.string().optional()",
            "A=\nB=\nC=\n",
        );
        let subjects: Vec<_> = found.iter().map(|f| f.subject.as_str()).collect();
        assert_eq!(subjects, ["A", "B"]);
        assert_eq!(worst(&found), Status::Warning);
        assert!(found[0].message.contains("(blank, .env.example:1)"), "{found:?}");
    }

    #[test]
    fn required_key_that_is_only_documented_is_a_warning() {
        let found = findings("A: z.string()", "# A=x\n");
        assert!(found[0].message.contains("only documented"), "{found:?}");
        assert_eq!(worst(&found), Status::Warning);
    }

    #[test]
    fn working_template_is_ok() {
        let found = findings("A: z.string(), B: z.string().url().optional()", "A=x\n# B=\n");
        assert_eq!(worst(&found), Status::Ok);
    }

    #[test]
    fn missing_required_key_is_a_warning_about_the_start() {
        let found = findings("A: z.string(), B: z.string(), C: z.string().optional()", "A=x\n");
        assert!(found[0].message.ends_with("missing B"), "{found:?}");
        assert_eq!(worst(&found), Status::Warning);
    }

    #[test]
    fn strict_makes_copy_failures_critical() {
        let mut facts = environment("A: z.string().url()", Some("A=\n"), &[]);
        facts.policy.strict = true;
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
    }
}
