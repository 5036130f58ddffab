//! The runbook's quick checklist (section 5) as pure judgement: facts in, steps out.

use crate::checks::{Check, access, environment, queue, service};
use crate::facts::environment::Environment;
use crate::facts::layout::Layout;
use crate::facts::queue::Queue;
use crate::facts::service::{Health, Readiness};
use crate::facts::{Finding, Limits, Observed, Section, Verdict};
use crate::report::SectionVerdict;

/// Everything that triage looks at.
pub struct Facts {
    /// `/api/healthz`
    pub health: Observed<Health>,
    /// `/api/readyz`
    pub readiness: Observed<Readiness>,
    /// The catalog.
    pub layout: Observed<Layout>,
    /// The jobs table; not attempted when the layout could not be read.
    pub queue: Option<Observed<Queue>>,
    /// Schema and template of the checkout that this was called in; none outside of one.
    pub environment: Option<Observed<Environment>>,
}

/// A line of the checklist.
#[derive(Debug)]
pub struct Step {
    /// The section that deals with it.
    pub section: Section,
    /// The question that a tired person asks.
    pub question: &'static str,
    /// Every reading that answers it.
    pub findings: Vec<Finding>,
}

/// Bytes of a reading behind which further sentences are only counted.
const READING: usize = 160;

impl Step {
    /// The worst of its findings.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::worst(self.findings.iter().map(|f| f.verdict))
    }

    /// What was read, in one line: the worst findings, as many as fit, or the good ones.
    #[must_use]
    pub fn reading(&self) -> String {
        let verdict = self.verdict();
        let mut sentences: Vec<&str> = Vec::new();
        for finding in self.findings.iter().filter(|f| same(f.verdict, verdict)) {
            if !sentences.contains(&finding.message.as_str()) {
                sentences.push(&finding.message);
            }
        }
        let mut length = 0;
        let fit = sentences.iter().take_while(|sentence| {
            length += sentence.len();
            length <= READING
        });
        // The first is always said, however long.
        let (said, left) = sentences.split_at(fit.count().max(1).min(sentences.len()));
        match (said, left.len()) {
            ([], _) => "nothing to judge".to_owned(),
            (said, 0) => said.join("; "),
            (said, more) => format!("{}; and {more} more", said.join("; ")),
        }
    }

    /// The first suggestion of its worst findings.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        let verdict = self.verdict();
        self.findings.iter().filter(|f| same(f.verdict, verdict)).find_map(|f| f.next.as_deref())
    }
}

fn same(a: Verdict, b: Verdict) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

/// The checklist, top to bottom.
const QUESTIONS: [(Section, &str); 6] = [
    (Section::AppDown, "app up?"),
    (Section::NotReady, "ready?"),
    (Section::Backlog, "queue?"),
    (Section::DeadLetters, "dead letters?"),
    (Section::Environment, "environment?"),
    (Section::Access, "access?"),
];

/// Judges everything and sorts the findings into the checklist.
#[must_use]
pub fn judge(facts: &Facts, limits: &Limits) -> Vec<Step> {
    let findings = findings(facts, limits);
    QUESTIONS
        .into_iter()
        .map(|(section, question)| Step {
            section,
            question,
            findings: findings.iter().filter(|f| f.section == section).cloned().collect(),
        })
        .filter(|step| step.section != Section::Environment || facts.environment.is_some())
        .collect()
}

fn findings(facts: &Facts, limits: &Limits) -> Vec<Finding> {
    let mut findings: Vec<_> =
        service::HEALTH.iter().flat_map(|check| check.run(&facts.health, limits)).collect();
    let app_is_down = facts.health.result.is_err() && facts.readiness.result.is_err();
    for check in service::READINESS {
        if app_is_down {
            findings.push(blocked(check, service::HEALTH[0].id));
        } else {
            findings.extend(check.run(&facts.readiness, limits));
        }
    }
    for check in queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS) {
        match &facts.queue {
            Some(queue) => findings.extend(check.run(queue, limits)),
            None => findings.push(blocked(check, access::ACCESS[0].id)),
        }
    }
    findings.extend(template(facts, limits));
    findings.extend(access::ACCESS.iter().flat_map(|check| check.run(&facts.layout, limits)));
    findings
}

/// Whether the template of this checkout has drifted. What a copy of it would lack in quality is for
/// `env check` to say: here it would only distract.
fn template(facts: &Facts, limits: &Limits) -> Vec<Finding> {
    let check = environment::TEMPLATE;
    let findings = match facts.environment.as_ref().map(|observed| &observed.result) {
        None => Vec::new(),
        Some(Ok(environment)) => check.run(environment, limits),
        Some(Err(error)) => {
            vec![check.finding(Verdict::Unknown, check.title, error.to_string())]
        }
    };
    findings.into_iter().map(|f| f.next("cliplyctl env check")).collect()
}

/// What depends on a failed check is not attempted, and says so.
fn blocked<F>(check: &Check<F>, by: &'static str) -> Finding {
    check.finding(
        Verdict::Skipped { blocked_by: by },
        check.title,
        format!("not attempted: blocked by {by}"),
    )
}

/// The section that applies: the first of the worst, in the runbook's order.
///
/// `None` when nothing is known to be wrong.
#[must_use]
pub fn section(steps: &[Step]) -> Option<SectionVerdict> {
    let matching = |verdict| steps.iter().position(|step| step.verdict() == verdict);
    let index = matching(Verdict::Critical).or_else(|| matching(Verdict::Warning))?;
    let step = &steps[index];
    let verdict = step.verdict();
    let matched_on =
        step.findings.iter().filter(|f| f.verdict == verdict).map(|f| f.message.clone()).collect();
    let ruled_out = steps[..index]
        .iter()
        .filter(|step| step.verdict() == Verdict::Ok)
        .map(|step| (step.section, step.reading()))
        .collect();
    Some(SectionVerdict { section: step.section, matched_on, ruled_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sentences: &[&str]) -> Step {
        let check = &access::ACCESS[0];
        let finding = |text: &&str| check.finding(Verdict::Critical, "a subject", *text);
        Step {
            section: Section::Access,
            question: "access?",
            findings: sentences.iter().map(finding).collect(),
        }
    }

    #[test]
    fn a_reading_ends_with_a_sentence_and_counts_the_rest() {
        assert_eq!(step(&["one", "two", "one"]).reading(), "one; two");
        assert_eq!(step(&[]).reading(), "nothing to judge");
        let long = "long ".repeat(40);
        assert_eq!(step(&[&long, "two", "three"]).reading(), format!("{long}; and 2 more"));
    }
}
