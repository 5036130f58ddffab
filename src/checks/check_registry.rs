//! What each check looks at, by its id: one list for every family of checks.

use crate::checks::{
    access, access_diff, app_tests, cross, environment, flow, queue, rls, server, service,
};

/// The title of a check.
#[must_use]
pub fn title(id: &str) -> Option<&'static str> {
    all().find(|(known, _)| *known == id).map(|(_, title)| title)
}

/// Id and title of every check.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rules = rls::all().map(|check| (check.id, check.title));
    let rules = rules.chain(access_diff::ALL.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain([(app_tests::CHECK.id, app_tests::CHECK.title)]);
    let rules = rules.chain(queue::BACKLOG.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(queue::DEAD_LETTERS.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(service::HEALTH.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(service::READINESS.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(access::ACCESS.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(access::APP.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(server::SERVER.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(cross::CROSS.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(flow::FLOW.iter().map(|check| (check.id, check.title)));
    let rules = rules.chain(flow::FAILURES.iter().map(|check| (check.id, check.title)));
    rules
        .chain([(server::REACHABLE.id, server::REACHABLE.title)])
        .chain(environment::ALL.iter().map(|check| (check.id, check.title)))
}
