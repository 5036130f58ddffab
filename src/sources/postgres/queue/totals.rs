//! Adds the groups of the queue's queries up to one picture.

use std::collections::{BTreeMap, HashSet};

use crate::facts::queue::{Count, KindCounts, Queue, Workers};
use crate::queue::{Layout, Lifecycle};
use crate::sources::postgres::queue::CountRequest;

/// One row of the queue's statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct CountRow {
    pub role: String,
    pub kind: Option<String>,
    pub worker: Option<String>,
    pub n: u64,
    pub due: u64,
    pub oldest_due_age: Option<f64>,
    pub stuck: u64,
    pub beat_age: Option<f64>,
    pub dead_lettered_last_hour: u64,
}

/// What a set of groups answers for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Coverage<'a> {
    /// All rows of these roles, split by kind.
    ByKind(&'a [Lifecycle]),
    /// All rows of these roles, in one sum.
    Total(&'a [Lifecycle]),
    /// Some rows of these roles, in one sum.
    Part(&'a [Lifecycle]),
    /// These roles were not counted, unless another part says otherwise.
    Missing(&'a [Lifecycle]),
}

/// Why a figure is missing.
const NO_INDEX: &str = "no index (queue --advise)";

/// One picture of all parts. Where two parts answer for a role, the first one counts.
pub(crate) fn add_up(
    layout: &Layout,
    request: CountRequest<'_>,
    parts: &[(Coverage<'_>, Vec<CountRow>)],
) -> Queue {
    let of = |role: Lifecycle| StateCounts::new(layout, role, parts);
    let (waiting, running) = (of(Lifecycle::Queued), of(Lifecycle::Claimed));
    let (failed, dead, other) = (of(Lifecycle::Failed), of(Lifecycle::Dead), of(Lifecycle::Other));
    let has_dead = !layout.vocabulary.dead.is_empty();
    Queue {
        kind: request.kind.map(str::to_owned),
        due: waiting.count(|g| g.due),
        scheduled: waiting.count(|g| g.n.saturating_sub(g.due)),
        in_progress: running.count(|g| g.n),
        failed: failed.count(|g| g.n),
        dead: has_dead.then(|| dead.count(|g| g.n)),
        other: other.count(|g| g.n),
        oldest_due_age: waiting.groups.iter().filter_map(|g| g.oldest_due_age).reduce(f64::max),
        stuck: layout.has_heartbeats().then(|| running.count(|g| g.stuck)),
        workers: layout.has_heartbeats().then(|| workers(&running, request.beat_window)),
        dead_lettered_last_hour: has_dead.then(|| dead.count(|g| g.dead_lettered_last_hour)),
        by_kind: by_kind(parts),
        by_kind_missing: [waiting, running, failed, dead]
            .iter()
            .any(|f| !f.by_kind)
            .then(|| NO_INDEX.to_owned()),
        server_time: layout.server_time.clone(),
    }
}

/// The groups of one role, and how much of it they are.
struct StateCounts<'a> {
    groups: Vec<&'a CountRow>,
    complete: bool,
    counted: bool,
    by_kind: bool,
}

impl<'a> StateCounts<'a> {
    fn new(layout: &Layout, role: Lifecycle, parts: &'a [(Coverage<'_>, Vec<CountRow>)]) -> Self {
        let whole = Self { groups: vec![], complete: true, counted: true, by_kind: true };
        let mut found = None;
        for (coverage, groups) in parts {
            let (roles, complete, counted, by_kind) = match coverage {
                Coverage::ByKind(roles) => (roles, true, true, true),
                Coverage::Total(roles) => (roles, true, true, false),
                Coverage::Part(roles) => (roles, false, true, false),
                Coverage::Missing(roles) => (roles, false, false, false),
            };
            if roles.contains(&role) && found.is_none() {
                let groups = groups.iter().filter(|g| g.role == role.as_str()).collect();
                found = Some(Self { groups, complete, counted, by_kind });
            }
        }
        // A role that the vocabulary does not have holds nothing.
        found.unwrap_or_else(|| {
            debug_assert!(layout.vocabulary.values(role).is_empty());
            whole
        })
    }

    fn count(&self, figure: impl Fn(&CountRow) -> u64) -> Count {
        let sum = self.groups.iter().map(|g| figure(g)).sum();
        match (self.counted, self.complete) {
            (false, _) => Count::NotCounted(NO_INDEX.to_owned()),
            (true, false) => Count::AtLeast(sum),
            (true, true) => Count::Exact(sum),
        }
    }
}

fn workers(running: &StateCounts<'_>, beat_window: f64) -> Workers {
    let beating: HashSet<_> = running
        .groups
        .iter()
        .filter(|g| g.beat_age.is_some_and(|age| age < beat_window))
        .filter_map(|g| g.worker.as_deref())
        .collect();
    let n = beating.len() as u64;
    Workers {
        beating: match running.count(|_| 0) {
            Count::Exact(_) => Count::Exact(n),
            Count::AtLeast(_) => Count::AtLeast(n),
            missing @ Count::NotCounted(_) => missing,
        },
        last_beat_age: running.groups.iter().filter_map(|g| g.beat_age).reduce(f64::min),
    }
}

fn by_kind(parts: &[(Coverage<'_>, Vec<CountRow>)]) -> Vec<KindCounts> {
    let mut kinds: BTreeMap<&str, KindCounts> = BTreeMap::new();
    for (coverage, groups) in parts {
        if !matches!(coverage, Coverage::ByKind(_)) {
            continue;
        }
        for group in groups.iter().filter(|g| g.role != Lifecycle::Finished.as_str()) {
            let row = kinds.entry(group.kind.as_deref().unwrap_or("(none)")).or_default();
            if group.role == Lifecycle::Queued.as_str() {
                row.due += group.due;
                let ages = [row.oldest_due_age, group.oldest_due_age];
                row.oldest_due_age = ages.into_iter().flatten().reduce(f64::max);
                row.scheduled += group.n.saturating_sub(group.due);
            } else if group.role == Lifecycle::Claimed.as_str() {
                row.in_progress += group.n;
            } else if group.role == Lifecycle::Failed.as_str() {
                row.failed += group.n;
            } else if group.role == Lifecycle::Dead.as_str() {
                row.dead += group.n;
            }
        }
    }
    let mut rows: Vec<_> =
        kinds.into_iter().map(|(kind, row)| KindCounts { kind: kind.to_owned(), ..row }).collect();
    rows.sort_by_key(|row| {
        std::cmp::Reverse(row.due + row.in_progress + row.failed + row.dead + row.scheduled)
    });
    rows
}
