//! The rows of the panels, filtered by kind and sorted.

use std::cmp::Reverse;

use super::model::{Model, Panel};
use crate::facts::recent_activity::{RecentGroup, RecentOperation, RecentStuckJob};
use crate::facts::snapshot::KindLine;

/// The name of a sort order.
pub(crate) type Sort = &'static str;

/// The sort orders of each panel, the default first.
const SORTS: [&[Sort]; Panel::ALL.len()] = [
    &["due", "oldest", "claimed", "dead", "name"],
    &["jobs", "recent", "newest"],
    &["heartbeat", "worker", "kind"],
    &["latest", "jobs"],
];

/// Returns the current sort order of a panel.
pub(crate) fn sort_order(model: &Model, panel: Panel) -> Sort {
    let sorts = SORTS[panel as usize];
    sorts[model.sort[panel as usize] % sorts.len()]
}

/// Returns the counts by kind.
pub(crate) fn kinds(model: &Model) -> Vec<&KindLine> {
    let all = model.kinds.iter().flat_map(|known| &known.value);
    let mut rows: Vec<_> = all.filter(|line| kind_matches(model, &line.kind)).collect();
    let age = |line: &KindLine| Reverse(line.oldest_due.unwrap_or(-1.0) as i64);
    match sort_order(model, Panel::Kinds) {
        "oldest" => rows.sort_by_key(|line| age(line)),
        "claimed" => rows.sort_by_key(|line| Reverse(line.claimed)),
        "dead" => rows.sort_by_key(|line| Reverse(line.dead)),
        "name" => rows.sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => rows.sort_by_key(|line| Reverse(line.due)),
    }
    rows
}

/// A group of dead letters with its trend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CauseRow<'a> {
    /// The group.
    pub(crate) cause: &'a RecentGroup,
    /// `↑`, `↓` or `→`; `·` if no job was dead-lettered recently.
    pub(crate) trend: char,
}

/// Returns the newest dead letters by group.
pub(crate) fn causes(model: &Model) -> Vec<CauseRow<'_>> {
    let all = model.dead_letters.iter().flat_map(|known| &known.value.causes);
    let row = |cause| CauseRow { cause, trend: trend(cause) };
    let mut rows: Vec<_> = all.filter(|cause| kind_matches(model, &cause.kind)).map(row).collect();
    let newest = |row: &CauseRow<'_>| row.cause.newest.unwrap_or(f64::MAX) as i64;
    match sort_order(model, Panel::Causes) {
        "recent" => rows.sort_by_key(|row| Reverse(row.cause.recent)),
        "newest" => rows.sort_by_key(newest),
        _ => {}
    }
    rows
}

fn trend(cause: &RecentGroup) -> char {
    match cause.recent.cmp(&cause.before) {
        std::cmp::Ordering::Greater => '↑',
        std::cmp::Ordering::Less => '↓',
        std::cmp::Ordering::Equal if cause.recent == 0 => '·',
        std::cmp::Ordering::Equal => '→',
    }
}

/// Returns the stuck jobs.
pub(crate) fn stuck(model: &Model) -> Vec<&RecentStuckJob> {
    let all = model.stuck.iter().flat_map(|known| &known.value);
    let mut rows: Vec<_> = all.filter(|job| kind_matches(model, &job.kind)).collect();
    match sort_order(model, Panel::Stuck) {
        "worker" => rows.sort_by(|a, b| a.worker.cmp(&b.worker)),
        "kind" => rows.sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => {}
    }
    rows
}

/// Returns the recent operations.
pub(crate) fn operations(model: &Model) -> Vec<&RecentOperation> {
    let mut rows: Vec<_> =
        model.activity.iter().flat_map(|known| &known.value.operations).collect();
    if sort_order(model, Panel::Operations) == "jobs" {
        rows.sort_by_key(|operation| Reverse(operation.jobs));
    }
    rows
}

/// Returns the number of rows of a panel.
pub(crate) fn count(model: &Model, panel: Panel) -> usize {
    match panel {
        Panel::Kinds => kinds(model).len(),
        Panel::Causes => causes(model).len(),
        Panel::Stuck => stuck(model).len(),
        Panel::Operations => operations(model).len(),
    }
}

fn kind_matches(model: &Model, kind: &str) -> bool {
    model.kind.as_ref().is_none_or(|selected| selected == kind)
}

/// Returns every known kind, sorted by name.
pub(crate) fn kind_names(model: &Model) -> Vec<String> {
    let lines = model.kinds.iter().flat_map(|known| &known.value).map(|line| line.kind.clone());
    let causes = model.dead_letters.iter().flat_map(|known| &known.value.causes);
    let mut names: Vec<_> = lines.chain(causes.map(|cause| cause.kind.clone())).collect();
    names.sort();
    names.dedup();
    names
}
