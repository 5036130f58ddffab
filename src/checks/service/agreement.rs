//! `ready.agreement`: the overall result of the readiness report compared with its components.

use crate::checks::Check;
use crate::facts::service::{Readiness, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};

/// Check that `ok` matches the components. A contradiction is a WARNING that shows both values.
pub(crate) const AGREEMENT: Check<Observed<Readiness>> = Check {
    id: "ready.agreement",
    title: "the verdict agrees with its parts",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let Ok(report) = &observed.result else { return vec![] };
    let ReportedFlag::Is(ok) = report.ok else { return vec![] };
    let components = |value| {
        let components = report.components.iter().filter(move |c| c.ok == ReportedFlag::Is(value));
        components.map(|c| format!("{}: {value}", c.name)).collect::<Vec<_>>()
    };
    let (healthy, failing) = (components(true), components(false));
    let queue_warning = report.queue.as_ref().is_some_and(|q| q.warning == ReportedFlag::Is(true));
    let unexplained = !ok
        && failing.is_empty()
        && healthy.len() == report.components.len()
        && !healthy.is_empty()
        && !queue_warning
        && report.errors.is_empty();
    let (status, message) = if ok && !failing.is_empty() {
        (Status::Warning, format!("the server says ok: true, yet {}", failing.join(", ")))
    } else if unexplained {
        (Status::Warning, format!("the server says ok: false, yet {}", healthy.join(", ")))
    } else if healthy.is_empty() && failing.is_empty() {
        return vec![];
    } else {
        (Status::Ok, format!("ok: {ok} agrees with the parts"))
    };
    let finding = check.finding(status, "agreement", message).evidence(Evidence::flag(
        ok,
        observed.at,
        &observed.source,
    ));
    // The counts in the database show which of the two is right.
    vec![if status == Status::Ok { finding } else { finding.next("cliplyctl queue") }]
}
