//! Does the server's verdict agree with its own parts?

use crate::checks::Check;
use crate::facts::service::{Readiness, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};

/// WARNING when they contradict each other; both are shown, none is derived from the other.
pub const AGREEMENT: Check<Observed<Readiness>> = Check {
    id: "ready.agreement",
    title: "the verdict agrees with its parts",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(
    check: &Check<Observed<Readiness>>,
    seen: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let Ok(report) = &seen.result else { return vec![] };
    let ReportedFlag::Is(ok) = report.ok else { return vec![] };
    let parts = |wanted| {
        let parts = report.components.iter().filter(move |c| c.ok == ReportedFlag::Is(wanted));
        parts.map(|c| format!("{}: {wanted}", c.name)).collect::<Vec<_>>()
    };
    let (well, sick) = (parts(true), parts(false));
    let queue_warns = report.queue.as_ref().is_some_and(|q| q.warning == ReportedFlag::Is(true));
    let unexplained = !ok
        && sick.is_empty()
        && well.len() == report.components.len()
        && !well.is_empty()
        && !queue_warns
        && report.errors.is_empty();
    let (verdict, message) = if ok && !sick.is_empty() {
        (Status::Warning, format!("the server says ok: true, yet {}", sick.join(", ")))
    } else if unexplained {
        (Status::Warning, format!("the server says ok: false, yet {}", well.join(", ")))
    } else if well.is_empty() && sick.is_empty() {
        return vec![];
    } else {
        (Status::Ok, format!("ok: {ok} agrees with the parts"))
    };
    let finding = check.finding(verdict, "agreement", message).evidence(Evidence::flag(
        ok,
        seen.at,
        &seen.source,
    ));
    // The database tells which of the two is right.
    vec![if verdict == Status::Ok { finding } else { finding.next("cliplyctl queue") }]
}
