//! Which section of the runbook applies.
//!
//! The first section of the *worst* verdict, not simply the first that is not OK: a slow healthz
//! (3.1, WARNING) must not hide a queue that stands still (3.3, CRITICAL). UNKNOWN comes last here,
//! although it decides the exit code before WARNING: what is known to be wrong can be acted on.

use super::AreaResult;
use super::areas::{AREAS, Area};
use crate::facts::{Finding, Section, Status};

/// The section of the runbook that applies, and why the earlier ones do not.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The section.
    pub section: Section,
    /// The red section of which this one is the likely cause; none where it is red itself.
    pub result_in: Option<Section>,
    /// How bad what led there is; UNKNOWN: that it applies is not known.
    pub status: Status,
    /// The findings that led there.
    pub matched: Vec<Finding>,
    /// Earlier sections, and why they are not the one.
    pub ruled_out: Vec<RuledOut>,
    /// The next command to type.
    pub next: Option<String>,
}

/// An earlier section that is not the one.
#[derive(Debug, Clone)]
pub struct RuledOut {
    /// The section.
    pub section: Section,
    /// OK rules it out; anything else is less pressing than what applies.
    pub status: Status,
    /// What was read.
    pub detail: String,
}

/// The section that applies; `None` when all is well.
#[must_use]
pub fn section(steps: &[AreaResult]) -> Option<Diagnosis> {
    let first = |wanted| steps.iter().find(|step| step.status() == wanted);
    let from = [Status::Critical, Status::Warning, Status::Unknown].into_iter().find_map(first)?;
    let (to, because) = followed(from, steps);
    let verdict = from.status();
    let mut matched: Vec<Finding> = bad(from, |f| f.status == verdict);
    if to.section != from.section {
        // The worst first; and whatever is CRITICAL, as it stands in the step's reading.
        let told = |f: &Finding| because.contains(&f.check) && is_wrong(f.status);
        let mut causes = bad(to, |f| told(f) || f.status == Status::Critical);
        causes.sort_by_key(|f| f.status != Status::Critical);
        matched.extend(causes);
    }
    let earlier = steps.iter().take_while(|step| step.section != to.section);
    let ruled_out = earlier
        .filter(|step| step.section != from.section)
        .map(|step| RuledOut {
            section: step.section,
            status: step.status(),
            detail: step.detail(),
        })
        .collect();
    let page = || format!("cliplyctl runbook {}", to.section.number());
    let next = to.next().or_else(|| from.next()).map_or_else(page, str::to_owned);
    let behind = (to.section != from.section).then_some(from.section);
    let section = to.section;
    Some(Diagnosis {
        section,
        result_in: behind,
        status: verdict,
        matched,
        ruled_out,
        next: Some(next),
    })
}

/// Why it is this section, where the table shows others in red: `, the likely cause of 3.2; also
/// CRITICAL: 4.1`.
#[must_use]
pub fn why(applies: &Diagnosis, steps: &[AreaResult]) -> String {
    let cause = applies.result_in.map(|red| format!(", the likely cause of {}", red.number()));
    let named = |step: &&AreaResult| {
        step.section == applies.section || Some(step.section) == applies.result_in
    };
    let critical = steps.iter().filter(|step| step.status() == Status::Critical);
    let others: Vec<_> =
        critical.filter(|step| !named(step)).map(|step| step.section.number()).collect();
    let also = (!others.is_empty()).then(|| format!("; also CRITICAL: {}", others.join(", ")));
    [cause, also].into_iter().flatten().collect()
}

/// The step that deals with what is wrong in this one, and the checks that say so.
fn followed<'a>(
    from: &'a AreaResult,
    steps: &'a [AreaResult],
) -> (&'a AreaResult, &'static [&'static str]) {
    let stay = (from, &[] as &[_]);
    let Some(branch) = branch(from.section) else { return stay };
    let verdict = from.status();
    if !is_wrong(verdict) {
        return stay;
    }
    // The worst cause first: a warning of the queue must not hide dead letters that are CRITICAL.
    for wanted in [Status::Critical, Status::Warning] {
        for detour in branch.redirects {
            let elsewhere = |f: &Finding| f.status == verdict && !detour.only.contains(&f.check);
            let cause = |f: &Finding| detour.because.contains(&f.check) && f.status == wanted;
            let to = steps.iter().find(|step| step.section == detour.to);
            let contradicts =
                |f: &Finding| detour.unless.contains(&f.check) && f.status == Status::Ok;
            if let Some(to) = to.filter(|to| to.findings.iter().any(cause))
                && !from.findings.iter().any(elsewhere)
                && !to.findings.iter().any(contradicts)
            {
                return (to, detour.because);
            }
        }
    }
    stay
}

fn branch(section: Section) -> Option<&'static Area> {
    AREAS.iter().find(|branch| branch.section == section)
}

fn bad(step: &AreaResult, wanted: impl Fn(&Finding) -> bool) -> Vec<Finding> {
    step.findings.iter().filter(|f| wanted(f)).cloned().collect()
}

/// Known to be wrong, rather than not known.
fn is_wrong(verdict: Status) -> bool {
    matches!(verdict, Status::Critical | Status::Warning)
}
