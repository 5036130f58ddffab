//! The results of the checks of one area.

use jiff::Timestamp;

use crate::facts::Suggestion;
use crate::facts::triage::TriageFacts;
use crate::facts::{Finding, Section, Status};
use crate::text;

/// The results of one area of the triage table.
#[derive(Clone, Debug)]
pub struct AreaResult {
    /// The runbook section of the area.
    pub(crate) section: Section,
    /// The name of the area.
    pub(crate) area: &'static str,
    /// The results of its checks.
    pub(crate) findings: Vec<Finding>,
    /// What its access audit did not test, and its age; only of the area that has one.
    pub(crate) audit: Option<AuditNote>,
}

/// What the row of the access area says about its audit besides the findings.
#[derive(Debug, Clone)]
pub(crate) struct AuditNote {
    /// Why nothing is known about violations.
    pub(crate) skipped: Option<String>,
    /// When it ran.
    pub(crate) at: Timestamp,
    /// Age in seconds of an audit that was not run together with the triage.
    age: f64,
}

/// Seconds from which the age of an audit is shown.
const SHOWN_AGE: f64 = 60.0;

impl AuditNote {
    /// Returns the note; `None` if the jobs table was not read, which the findings say.
    pub(super) fn of(facts: &TriageFacts) -> Option<Self> {
        let layout = &facts.layout;
        layout.value()?;
        Some(match &facts.access {
            Some(audit) => Self {
                skipped: audit.skipped().map(str::to_owned),
                at: audit.at,
                age: audit.age_seconds,
            },
            None => Self {
                skipped: Some("the access audit is not part of this triage".to_owned()),
                at: layout.at,
                age: 0.0,
            },
        })
    }
}

/// Bytes of detail after which further sentences are only counted.
const MAX_DETAIL: usize = 160;

/// Maximum number of sentences in a headline.
const MAX_SUMMARY: usize = 3;

impl AreaResult {
    /// Returns the worst status of its findings. If nothing is worse than SKIPPED, the first
    /// finding decides whether the area is SKIPPED: it belongs to the main check.
    pub(crate) fn status(&self) -> Status {
        let statuses = || self.findings.iter().map(|f| f.status);
        let is_skipped = |status: &Status| matches!(status, Status::Skipped { .. });
        match (Status::worst(statuses()), self.findings.first()) {
            (Status::Skipped { .. }, Some(first)) if is_skipped(&first.status) => first.status,
            // A skipped check does not hide a warning of another one.
            (Status::Skipped { .. }, Some(_)) => {
                Status::worst(statuses().filter(|status| !is_skipped(status)))
            }
            (worst, _) => worst,
        }
    }

    /// Returns why the area is not OK although its status is: its audit did not run.
    pub(crate) fn skipped_audit(&self) -> Option<&str> {
        let skipped = self.audit.as_ref()?.skipped.as_deref()?;
        (self.status() == Status::Ok).then_some(skipped)
    }

    /// Returns the status that is shown: SKIPPED if its audit did not run and there is no problem. That does not
    /// change the status of the triage, because it says nothing about the system.
    pub(crate) fn shown_status(&self) -> Status {
        match self.skipped_audit() {
            Some(_) => Status::Skipped { blocked_by: "access.audit" },
            None => self.status(),
        }
    }

    /// Returns the detail that is shown, with the age of a reused audit.
    pub(crate) fn shown_detail(&self) -> String {
        let detail = self.skipped_audit().map_or_else(|| self.detail(), str::to_owned);
        match &self.audit {
            Some(audit) if audit.age >= SHOWN_AGE => {
                format!("{detail} (audit: {} ago)", text::age(audit.age))
            }
            _ => detail,
        }
    }

    /// Returns the sentences of all problems in one line, the worst first. If there is none, the
    /// sentence of the main check, and the number of skipped checks.
    pub(crate) fn detail(&self) -> String {
        let status = self.status();
        match status {
            Status::Skipped { .. } => {
                let skipped = join_sentences(&self.sentences(status));
                match self.sentences(Status::Ok).as_slice() {
                    [] => skipped,
                    ok => format!("{skipped}; otherwise: {}", join_sentences(ok)),
                }
            }
            Status::Ok => {
                let first = self.sentences(Status::Ok).into_iter().next();
                let first = first.unwrap_or("nothing to evaluate");
                match self.skipped() {
                    Some((checks, by)) => {
                        let checks = text::plural(checks, "check", "checks");
                        format!("{first}; {checks} blocked by {by}")
                    }
                    None => first.to_owned(),
                }
            }
            _ => join_sentences(&self.problems_where(|_| true)),
        }
    }

    /// Returns the first sentences of [`Self::detail`], for a headline. That two sources differ, and what readyz
    /// says about the queue, is left to the detail if there is another problem.
    pub(crate) fn summary(&self) -> String {
        let mut problems = self.problems_where(|finding| {
            !finding.check.starts_with("cross.") && finding.check != "ready.queue"
        });
        problems.truncate(MAX_SUMMARY);
        match problems.as_slice() {
            [] => self.detail(),
            problems => problems.join("; "),
        }
    }

    /// Returns the distinct messages of the selected findings that are not OK, the worst first.
    fn problems_where(&self, selects: impl Fn(&Finding) -> bool) -> Vec<&str> {
        let sentences = [Status::Critical, Status::Unknown, Status::Warning]
            .into_iter()
            .flat_map(|status| {
                self.sentences_where(|f| is_same_kind(f.status, status) && selects(f))
            })
            .collect();
        without_beginnings(sentences)
    }

    /// Returns the number of skipped checks and the check that blocked them.
    fn skipped(&self) -> Option<(u64, &'static str)> {
        let mut blocked = self.findings.iter().filter_map(|finding| match finding.status {
            Status::Skipped { blocked_by } => Some(blocked_by),
            _ => None,
        });
        let blocker = blocked.next()?;
        Some((1 + blocked.count() as u64, blocker))
    }

    /// Returns the distinct messages of findings with this status.
    fn sentences(&self, status: Status) -> Vec<&str> {
        self.sentences_where(|finding| is_same_kind(finding.status, status))
    }

    /// Returns the distinct messages of the selected findings.
    fn sentences_where(&self, selects: impl Fn(&Finding) -> bool) -> Vec<&str> {
        let mut sentences: Vec<&str> = Vec::new();
        for finding in self.findings.iter().filter(|finding| selects(finding)) {
            if !sentences.contains(&finding.message.as_str()) {
                sentences.push(&finding.message);
            }
        }
        sentences
    }

    /// Returns the first suggested step of its worst findings.
    pub(crate) fn next(&self) -> Option<&Suggestion> {
        let status = self.status();
        self.findings
            .iter()
            .filter(|f| is_same_kind(f.status, status))
            .find_map(|f| f.next.as_ref())
    }
}

/// Removes sentences with which another one begins: `68 jobs due` says nothing beside
/// `68 jobs due, oldest due for 40m 48s`.
pub(crate) fn without_beginnings(sentences: Vec<&str>) -> Vec<&str> {
    let begins_another =
        |s: &str| sentences.iter().any(|other| other.len() > s.len() && other.starts_with(s));
    sentences.iter().copied().filter(|sentence| !begins_another(sentence)).collect()
}

/// Joins as many sentences as fit and counts the rest.
fn join_sentences(sentences: &[&str]) -> String {
    let mut length = 0;
    let fitting = sentences.iter().take_while(|sentence| {
        length += sentence.len();
        length <= MAX_DETAIL
    });
    // The first sentence is always shown, whatever its length.
    let (shown, hidden) = sentences.split_at(fitting.count().max(1).min(sentences.len()));
    match (shown, hidden.len()) {
        ([], _) => "nothing to evaluate".to_owned(),
        (shown, 0) => shown.join("; "),
        (shown, more) => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn is_same_kind(a: Status, b: Status) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(sentences: &[&str]) -> AreaResult {
        let section = Section::Access;
        let finding = |text: &&str| {
            Finding::new("access.jobs", section, Status::Critical, "a subject", *text)
        };
        let findings = sentences.iter().map(finding).collect();
        AreaResult { section, area: "access?", findings, audit: None }
    }

    #[test]
    fn detail_lists_the_first_sentences_and_counts_the_rest() {
        assert_eq!(result(&["one", "two", "one"]).detail(), "one; two");
        assert_eq!(result(&[]).detail(), "nothing to evaluate");
        let backlog = ["68 jobs due, oldest due for 40m 48s", "68 jobs due", "4 jobs stuck"];
        assert_eq!(result(&backlog).detail(), "68 jobs due, oldest due for 40m 48s; 4 jobs stuck");
        let long = "long ".repeat(40);
        assert_eq!(result(&[&long, "two", "three"]).detail(), format!("{long}; and 2 more"));
    }

    #[test]
    fn skipped_check_sets_the_status_only_if_decisive() {
        let ok = Status::Ok;
        let skipped = Status::Skipped { blocked_by: "app.up" };
        let result = |findings: &[(Status, &str)]| {
            let section = Section::Backlog;
            let finding = |(status, text): &(Status, &str)| {
                Finding::new("x.y", section, *status, "a subject", *text)
            };
            let findings = findings.iter().map(finding).collect();
            AreaResult { section, area: "queue?", findings, audit: None }
        };
        let blocked_extra = result(&[(ok, "no job is due"), (skipped, "not attempted")]);
        assert_eq!(blocked_extra.status(), ok);
        assert_eq!(blocked_extra.detail(), "no job is due; 1 check blocked by app.up");
        let warned = result(&[
            (ok, "no job is due"),
            (Status::Warning, "3 jobs due"),
            (skipped, "not attempted"),
        ]);
        assert_eq!((warned.status(), warned.detail()), (Status::Warning, "3 jobs due".to_owned()));
        let blocked_main = result(&[(skipped, "not attempted"), (ok, "primary")]);
        assert_eq!(blocked_main.status(), skipped);
        assert_eq!(blocked_main.detail(), "not attempted; otherwise: primary");
    }
}
