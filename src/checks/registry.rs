//! The checks of all families. A family is listed here once; its own list has its checks.

use std::sync::LazyLock;

use super::{
    Check, access, access_diff, app_tests, cross, environment, flow, queue, rls, server, service,
};
use crate::facts::Section;

/// A check, whatever facts it evaluates.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id, which is also an anchor in RUNBOOK.md.
    pub id: &'static str,
    /// What is tested, in a few words.
    pub title: &'static str,
    /// The runbook section for problems that this check finds.
    pub(crate) section: Section,
}

/// The checks of `triage`, which shows each in the area of its section.
pub(crate) static TRIAGE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut checks = entries(service::HEALTH);
    checks.extend(entries(service::READINESS));
    checks.extend(entries([&server::REACHABLE]));
    checks.extend(entries(&server::SERVER));
    checks.extend(entries(&queue::BACKLOG));
    checks.extend(entries(&queue::DEAD_LETTERS));
    checks.extend(entries(&flow::FLOW));
    checks.extend(entries(&flow::FAILURES));
    checks.extend(entries(&cross::CROSS));
    checks.extend(entries([&environment::TEMPLATE]));
    checks.extend(entries([&app_tests::CHECK]));
    checks.extend(entries(&access::ACCESS));
    checks.extend(entries(&access::AUDIT));
    checks.extend(entries(&access::APP));
    checks
});

/// The checks of other commands; some of them are checks of `triage` as well.
static OTHERS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut checks = entries(rls::all());
    checks.extend(entries(&access_diff::ALL));
    checks.extend(entries(&environment::ALL));
    checks
});

/// Returns every check.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    let others = OTHERS.iter().filter(|other| TRIAGE.iter().all(|check| check.id != other.id));
    TRIAGE.iter().chain(others)
}

/// Returns the title of the check with this id.
pub(crate) fn title(id: &str) -> Option<&'static str> {
    all().find(|check| check.id == id).map(|check| check.title)
}

fn entries<'a, F: 'a>(checks: impl IntoIterator<Item = &'a Check<F>>) -> Vec<Entry> {
    let entry =
        |check: &Check<F>| Entry { id: check.id, title: check.title, section: check.section };
    checks.into_iter().map(entry).collect()
}
