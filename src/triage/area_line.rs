//! A line of the checklist.

use crate::facts::{Finding, Section, Status};
use crate::text;

/// A line of the checklist.
#[derive(Debug)]
pub struct AreaResult {
    /// The section that deals with it.
    pub section: Section,
    /// The question that a tired person asks.
    pub area: &'static str,
    /// Every reading that answers it.
    pub findings: Vec<Finding>,
}

/// Bytes of a reading behind which further sentences are only counted.
const MAX_DETAIL: usize = 160;

impl AreaResult {
    /// The worst of its findings. Where nothing is worse than skipped, the first one decides: it
    /// answers the question, and the others only add to it.
    #[must_use]
    pub fn status(&self) -> Status {
        match (Status::worst(self.findings.iter().map(|f| f.status)), self.findings.first()) {
            (Status::Skipped { .. }, Some(answer)) => answer.status,
            (worst, _) => worst,
        }
    }

    /// What was read, in one line: the worst findings, as many as fit, or the good ones. Where some
    /// were skipped and the others are well, both are said.
    #[must_use]
    pub fn detail(&self) -> String {
        let verdict = self.status();
        let worst = joined(&self.sentences(verdict));
        match (verdict, self.sentences(Status::Ok).as_slice(), self.skipped()) {
            (Status::Skipped { .. }, good @ [_, ..], _) => {
                format!("{worst}; otherwise: {}", joined(good))
            }
            (Status::Ok, _, Some((checks, by))) => {
                let checks = text::plural(checks, "check", "checks");
                format!("{worst}; {checks} blocked by {by}")
            }
            _ => worst,
        }
    }

    /// How many of its checks were skipped, and because of which.
    fn skipped(&self) -> Option<(u64, &'static str)> {
        let mut blocked = self.findings.iter().filter_map(|finding| match finding.status {
            Status::Skipped { blocked_by } => Some(blocked_by),
            _ => None,
        });
        let by = blocked.next()?;
        Some((1 + blocked.count() as u64, by))
    }

    /// The messages of this verdict, each once.
    fn sentences(&self, verdict: Status) -> Vec<&str> {
        let mut sentences: Vec<&str> = Vec::new();
        for finding in self.findings.iter().filter(|f| same(f.status, verdict)) {
            if !sentences.contains(&finding.message.as_str()) {
                sentences.push(&finding.message);
            }
        }
        sentences
    }

    /// The first suggestion of its worst findings.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        let verdict = self.status();
        self.findings.iter().filter(|f| same(f.status, verdict)).find_map(|f| f.next.as_deref())
    }
}

/// As many as fit, the rest counted.
fn joined(sentences: &[&str]) -> String {
    let mut length = 0;
    let fit = sentences.iter().take_while(|sentence| {
        length += sentence.len();
        length <= MAX_DETAIL
    });
    // The first is always said, however long.
    let (said, left) = sentences.split_at(fit.count().max(1).min(sentences.len()));
    match (said, left.len()) {
        ([], _) => "nothing to judge".to_owned(),
        (said, 0) => said.join("; "),
        (said, more) => format!("{}; and {more} more", said.join("; ")),
    }
}

fn same(a: Status, b: Status) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sentences: &[&str]) -> AreaResult {
        let section = Section::Access;
        let finding = |text: &&str| {
            Finding::new("access.jobs", section, Status::Critical, "a subject", *text)
        };
        let findings = sentences.iter().map(finding).collect();
        AreaResult { section, area: "access?", findings }
    }

    #[test]
    fn detail_lists_the_first_sentences_and_counts_the_rest() {
        assert_eq!(step(&["one", "two", "one"]).detail(), "one; two");
        assert_eq!(step(&[]).detail(), "nothing to judge");
        let long = "long ".repeat(40);
        assert_eq!(step(&[&long, "two", "three"]).detail(), format!("{long}; and 2 more"));
    }

    #[test]
    fn skipped_check_sets_the_status_only_if_decisive() {
        let well = Status::Ok;
        let skipped = Status::Skipped { blocked_by: "app.up" };
        let step = |verdicts: &[(Status, &str)]| {
            let section = Section::Backlog;
            let finding = |(verdict, text): &(Status, &str)| {
                Finding::new("x.y", section, *verdict, "a subject", *text)
            };
            AreaResult { section, area: "queue?", findings: verdicts.iter().map(finding).collect() }
        };
        let answered = step(&[(well, "nothing is due"), (skipped, "not attempted")]);
        assert_eq!(answered.status(), well);
        assert_eq!(answered.detail(), "nothing is due; 1 check blocked by app.up");
        let open = step(&[(skipped, "not attempted"), (well, "primary")]);
        assert_eq!(open.status(), skipped);
        assert_eq!(open.detail(), "not attempted; otherwise: primary");
    }
}
