//! The runbook section that applies.
//!
//! It is the first section of the *worst* status, not the first that is not OK: a slow healthz
//! (3.1, WARNING) must not hide a stuck queue (3.3, CRITICAL). UNKNOWN comes last here, although it
//! takes precedence over WARNING in the exit code: known problems can be acted on.

use super::AreaResult;
use super::areas::{AREAS, Area, label};
use crate::facts::Suggestion;
use crate::facts::{Finding, Section, Status};

/// The runbook section that applies, with the checks that led to it.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The section.
    pub section: Section,
    /// The failing section that this one is the likely cause of, if there is one.
    pub result_in: Option<Section>,
    /// The status of the checks that led to it; UNKNOWN if it is not certain that it applies.
    pub status: Status,
    /// The findings that led to it.
    pub matched: Vec<Finding>,
    /// Earlier sections and why they do not apply.
    pub ruled_out: Vec<RuledOut>,
    /// The suggested step.
    pub next: Option<Suggestion>,
}

/// An earlier section that does not apply.
#[derive(Debug, Clone)]
pub struct RuledOut {
    /// The section.
    pub section: Section,
    /// OK, or a status less severe than that of the diagnosis.
    pub status: Status,
    /// The detail of its area.
    pub detail: String,
}

/// Returns the diagnosis; `None` if everything is OK.
pub fn section(results: &[AreaResult]) -> Option<Diagnosis> {
    let first = |status| results.iter().find(|result| result.status() == status);
    let from = [Status::Critical, Status::Warning, Status::Unknown].into_iter().find_map(first)?;
    let (to, because) = follow_redirects(from, results);
    let status = from.status();
    let mut matched = findings_where(from, |f| f.status == status);
    if to.section != from.section {
        // Causes that are CRITICAL first, then the other checks of the redirect.
        let is_cause = |f: &Finding| because.contains(&f.check) && is_problem(f.status);
        let mut causes = findings_where(to, |f| is_cause(f) || f.status == Status::Critical);
        causes.sort_by_key(|f| f.status != Status::Critical);
        matched.extend(causes);
    }
    let earlier = results.iter().take_while(|result| result.section != to.section);
    let ruled_out = earlier
        .filter(|result| result.section != from.section)
        .map(|result| RuledOut {
            section: result.section,
            status: result.status(),
            detail: result.detail(),
        })
        .collect();
    let runbook = || Suggestion::runbook(to.section);
    let next = to.next().or_else(|| from.next()).map_or_else(runbook, Clone::clone);
    let result_in = (to.section != from.section).then_some(from.section);
    let section = to.section;
    Some(Diagnosis { section, result_in, status, matched, ruled_out, next: Some(next) })
}

/// Returns the headline of a diagnosis: `Queue backlog: 68 jobs due, oldest due for 40m 48s`, and if there are other
/// problems `also CRITICAL: readiness (result of the backlog), environment`.
pub fn headline(diagnosis: &Diagnosis, results: &[AreaResult]) -> (String, Option<String>) {
    let result = results.iter().find(|result| result.section == diagnosis.section);
    let (area, detail) =
        result.map_or(("", String::new()), |result| (label(result.area), result.summary()));
    let is_backlog =
        |finding: &Finding| matches!(finding.check, "queue.backlog" | "queue.oldest_due");
    let title = match diagnosis.matched.iter().any(is_backlog) {
        true => "Queue backlog",
        false => area,
    };
    let others = results
        .iter()
        .filter(|other| other.status() == Status::Critical && other.section != diagnosis.section);
    let others = others.map(|other| {
        let is_result = Some(other.section) == diagnosis.result_in;
        let note = match (is_result, title) {
            (true, "Queue backlog") => " (result of the backlog)",
            (true, _) => " (result of it)",
            (false, _) => "",
        };
        format!("{}{note}", label(other.area).to_lowercase())
    });
    let others: Vec<_> = others.collect();
    let also = (!others.is_empty()).then(|| format!("also CRITICAL: {}", others.join(", ")));
    (format!("{title}: {detail}"), also)
}

/// Returns the area of the cause of the problems in `from`, and the checks of the redirect.
fn follow_redirects<'a>(
    from: &'a AreaResult,
    results: &'a [AreaResult],
) -> (&'a AreaResult, &'static [&'static str]) {
    let no_redirect = (from, &[] as &[_]);
    let Some(area) = area(from.section) else { return no_redirect };
    let status = from.status();
    if !is_problem(status) {
        return no_redirect;
    }
    // The worst cause first: a WARNING of the queue must not hide CRITICAL dead letters.
    for cause_status in [Status::Critical, Status::Warning] {
        for redirect in area.redirects {
            let is_other_problem =
                |f: &Finding| f.status == status && !redirect.only.contains(&f.check);
            let is_cause =
                |f: &Finding| redirect.because.contains(&f.check) && f.status == cause_status;
            let to = results.iter().find(|result| result.section == redirect.to);
            let contradicts =
                |f: &Finding| redirect.unless.contains(&f.check) && f.status == Status::Ok;
            if let Some(to) = to.filter(|to| to.findings.iter().any(is_cause))
                && !from.findings.iter().any(is_other_problem)
                && !to.findings.iter().any(contradicts)
            {
                return (to, redirect.because);
            }
        }
    }
    no_redirect
}

fn area(section: Section) -> Option<&'static Area> {
    AREAS.iter().find(|area| area.section == section)
}

fn findings_where(result: &AreaResult, matches: impl Fn(&Finding) -> bool) -> Vec<Finding> {
    result.findings.iter().filter(|f| matches(f)).cloned().collect()
}

/// Returns whether the status is a known problem, unlike UNKNOWN.
fn is_problem(status: Status) -> bool {
    matches!(status, Status::Critical | Status::Warning)
}
