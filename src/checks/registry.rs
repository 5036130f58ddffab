//! The ids and titles of the checks of all families.

use crate::checks::{
    access, access_diff, app_tests, cross, environment, flow, queue, rls, server, service,
};

/// Returns the title of the check with this id.
pub(crate) fn title(id: &str) -> Option<&'static str> {
    all().find(|(known, _)| *known == id).map(|(_, title)| title)
}

/// Returns the id and title of every check.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let checks = rls::all().map(|check| (check.id, check.title));
    let checks = checks.chain(access_diff::ALL.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain([(app_tests::CHECK.id, app_tests::CHECK.title)]);
    let checks = checks.chain(queue::BACKLOG.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(queue::DEAD_LETTERS.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(service::HEALTH.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(service::READINESS.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(access::ACCESS.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(access::AUDIT.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(access::APP.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(server::SERVER.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(cross::CROSS.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(flow::FLOW.iter().map(|check| (check.id, check.title)));
    let checks = checks.chain(flow::FAILURES.iter().map(|check| (check.id, check.title)));
    checks
        .chain([(server::REACHABLE.id, server::REACHABLE.title)])
        .chain(environment::ALL.iter().map(|check| (check.id, check.title)))
}
