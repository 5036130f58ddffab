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
    let mut rows: Vec<_> = all.filter(|line| is_shown(model, &line.kind, &[&line.kind])).collect();
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
    let is_shown = |cause: &&RecentGroup| {
        is_shown(model, &cause.kind, &[&cause.kind, &cause.cause, &cause.group])
    };
    let mut rows: Vec<_> = all.filter(is_shown).map(row).collect();
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
    let is_shown =
        |job: &&RecentStuckJob| is_shown(model, &job.kind, &[&job.kind, &job.worker, &job.id]);
    let mut rows: Vec<_> = all.filter(is_shown).collect();
    match sort_order(model, Panel::Stuck) {
        "worker" => rows.sort_by(|a, b| a.worker.cmp(&b.worker)),
        "kind" => rows.sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => {}
    }
    rows
}

/// Returns the recent operations.
pub(crate) fn operations(model: &Model) -> Vec<&RecentOperation> {
    let all = model.activity.iter().flat_map(|known| &known.value.operations);
    let mut rows: Vec<_> = all.filter(|operation| contains_filter(model, operation)).collect();
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

/// Returns what identifies each row of a panel.
pub(super) fn ids(model: &Model, panel: Panel) -> Vec<String> {
    match panel {
        Panel::Kinds => kinds(model).iter().map(|line| line.kind.clone()).collect(),
        Panel::Causes => causes(model).iter().map(|row| row.cause.group.clone()).collect(),
        Panel::Stuck => stuck(model).iter().map(|job| job.id.clone()).collect(),
        Panel::Operations => operations(model).iter().map(|o| o.operation.to_string()).collect(),
    }
}

/// Returns what identifies the selected row.
pub(super) fn selected_id(model: &Model, panel: Panel) -> Option<String> {
    let mut ids = ids(model, panel);
    let index = model.selected[panel as usize];
    (index < ids.len()).then(|| ids.swap_remove(index))
}

/// Returns the number of rows of a panel without the filters.
pub(crate) fn total(model: &Model, panel: Panel) -> usize {
    match panel {
        Panel::Kinds => model.kinds.as_ref().map_or(0, |known| known.value.len()),
        Panel::Causes => model.dead_letters.as_ref().map_or(0, |known| known.value.causes.len()),
        Panel::Stuck => model.stuck.as_ref().map_or(0, |known| known.value.len()),
        Panel::Operations => {
            model.activity.as_ref().map_or(0, |known| known.value.operations.len())
        }
    }
}

/// Returns whether a row passes the filter by kind, and one of its texts the filter by text.
fn is_shown(model: &Model, kind: &str, texts: &[&str]) -> bool {
    model.kind.as_ref().is_none_or(|selected| selected == kind) && contains(model, texts)
}

fn contains_filter(model: &Model, operation: &RecentOperation) -> bool {
    let id = operation.operation.to_string();
    contains(model, &[&id, &operation.who, operation.reason.as_deref().unwrap_or_default()])
}

fn contains(model: &Model, texts: &[&str]) -> bool {
    let filter = model.filter.to_lowercase();
    filter.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&filter))
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
