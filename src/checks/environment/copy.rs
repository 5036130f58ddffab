//! `env.copy`: the application starts with a copy of the template.

use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::evaluate::{KeyResult, evaluate_key};
use crate::zod::model::{EntryState, Environment, SchemaKey, SourceLine};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.copy",
    title: "The template works when copied",
    section: Section::Environment,
    evaluate,
};

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(template) = &facts.template else { return Vec::new() };
    let status = if facts.policy.strict { Status::Critical } else { Status::Warning };
    let (mut unknown, mut missing) = (Vec::new(), Vec::new());
    let mut findings = Vec::new();
    let entries = template.in_force();
    for key in &facts.schema.keys {
        let Some(entry) = entries.get(key.name.as_str()) else {
            if matches!(evaluate_key(&facts.schema, key, None), KeyResult::Refused(_)) {
                missing.push(key.name.as_str());
            }
            continue;
        };
        let active = entry.state == EntryState::Active;
        let value = active.then(|| entry.value.reveal());
        match evaluate_key(&facts.schema, key, value) {
            KeyResult::Accepted => {}
            KeyResult::Unknown(_) => unknown.push(key.name.as_str()),
            KeyResult::Refused(reasons) => {
                let state = if active { entry.value.shape() } else { "only documented".to_owned() };
                let place = SourceLine { file: template.path.clone(), line: entry.line };
                let message = describe_key(&place, key, &state, &reasons);
                findings.push(check.finding(status, &key.name, message).at(place));
            }
        }
    }
    // Each missing key is a finding of `env.template`; here they are one finding.
    if findings.is_empty() && !missing.is_empty() {
        let message = format!(
            "every value of {} is accepted when copied to .env, but the app would not start without {}",
            template.path.display(),
            missing.join(", ")
        );
        return vec![check.finding(status, template.path.display().to_string(), message)];
    }
    if findings.is_empty() {
        let mut message =
            format!("every value of {} is accepted when copied to .env", template.path.display());
        if !unknown.is_empty() {
            message.push_str(&format!(", as far as can be told: {} run code", unknown.join(", ")));
        }
        findings.push(check.finding(Status::Ok, template.path.display().to_string(), message));
    }
    findings
}

fn describe_key(place: &SourceLine, key: &SchemaKey, state: &str, reasons: &[String]) -> String {
    format!("{} ({state}, {place}) is refused when copied: {}", key.name, reasons.join("; "))
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
        assert!(found[0].message.ends_with("would not start without B"), "{found:?}");
        assert_eq!(worst(&found), Status::Warning);
    }

    #[test]
    fn strict_makes_copy_failures_critical() {
        let mut facts = environment("A: z.string().url()", Some("A=\n"), &[]);
        facts.policy.strict = true;
        assert_eq!(worst(&CHECK.run(&facts, &Thresholds::default())), Status::Critical);
    }
}
