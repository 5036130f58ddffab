//! Adds up the rows of the count queries to a [`Queue`].

use std::collections::{BTreeMap, HashSet};

use crate::facts::queue::{
    Count, FutureTimes, KindCounts, MOST_WORKERS, Queue, WorkerJobs, Workers,
};
use crate::queue::{Layout, Lifecycle, Meaning};
use crate::redact;
use crate::sources::postgres::queue::CountRequest;
use crate::text;

/// Row of a count query.
#[derive(Debug, Clone, Default)]
pub(crate) struct CountRow {
    pub(crate) role: String,
    pub(crate) kind: Option<String>,
    pub(crate) worker: Option<String>,
    pub(crate) n: u64,
    pub(crate) due: u64,
    pub(crate) oldest_due_age: Option<f64>,
    pub(crate) held_up_age: Option<f64>,
    pub(crate) stuck: u64,
    pub(crate) heartbeat_age: Option<f64>,
    pub(crate) dead_lettered_last_hour: u64,
    /// Jobs with a time in the future, and by how many seconds the latest that is finite is.
    pub(crate) in_future: u64,
    pub(crate) seconds_ahead: Option<f64>,
}

/// States that a set of rows covers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Coverage<'a> {
    /// All jobs of these states, by kind.
    ByKind(&'a [Lifecycle]),
    /// All jobs of these states, as a total.
    Total(&'a [Lifecycle]),
    /// Some jobs of these states, as a total.
    Part(&'a [Lifecycle]),
    /// States that were not counted, unless another part covers them.
    Missing(&'a [Lifecycle]),
}

/// Reason for the missing count of jobs for which the table has no state.
const NO_SUCH_STATE: &str = "no value of the state column means it";

/// Reason for the missing count of jobs dead-lettered in the last hour.
const UNDATED: &str = "no column updated_at: not known since when jobs are dead";

/// Adds up all parts. If two parts cover a state, the first one counts.
pub(crate) fn add_up(
    layout: &Layout,
    request: CountRequest<'_>,
    parts: &[(Coverage<'_>, Vec<CountRow>)],
) -> Queue {
    let counts = |role: Lifecycle| StateCounts::new(layout, role, parts);
    let removed = layout.unread(Lifecycle::Dead, &[Meaning::Removal]);
    let unknown_due = layout.unread(Lifecycle::Queued, &[Meaning::Due, Meaning::Removal]);
    let unknown_claims = layout.unread(Lifecycle::Claimed, &[Meaning::Claim, Meaning::Removal]);
    // A job in an unknown state may be a dead letter.
    let has_unknown_states = !layout.unknown_states.is_empty();
    let at_least = |count: Count| match count {
        Count::Exact(n) if has_unknown_states => Count::AtLeast(n),
        count => count,
    };
    // What a column decides that is not read was not counted.
    let unless = |reason: &Option<String>, count: Count| match reason {
        Some(reason) => Count::NotCounted(reason.clone()),
        None => count,
    };
    let (queued, claimed) = (counts(Lifecycle::Queued), counts(Lifecycle::Claimed));
    let (failed, dead) = (counts(Lifecycle::Failed), counts(Lifecycle::Dead));
    let (canceled, other) = (counts(Lifecycle::Canceled), counts(Lifecycle::Other));
    let blocked = counts(Lifecycle::Blocked);
    let has_blocked = !layout.state_names.blocked.is_empty();
    let unread = layout.unread.first().map(|column| column.reason(layout));
    let not_understood = layout.zone_doubt.clone().or(unread);
    let has_canceled = !layout.state_names.canceled.is_empty();
    let has_dead = !layout.state_names.dead.is_empty();
    Queue {
        acknowledged: None,
        kind: request.kind.map(str::to_owned),
        due: unless(&unknown_due, queued.count(|row| row.due)),
        scheduled: unless(&unknown_due, queued.count(|row| row.n.saturating_sub(row.due))),
        claimed: claimed.count(|row| row.n),
        failed: failed.count(|row| row.n),
        given_up: None,
        dead: has_dead
            .then(|| unless(&removed, at_least(all_dead(layout, dead.count(|row| row.n))))),
        canceled: has_canceled.then(|| canceled.count(|row| row.n)),
        held_up_age: blocked.rows.iter().filter_map(|row| row.held_up_age).reduce(f64::max),
        blocked: has_blocked.then(|| blocked.count(|row| row.n)),
        other: other.count(|row| row.n),
        unknown_states: layout.unknown_states.iter().map(|name| redact::text(name)).collect(),
        future_times: future_times(layout, [&queued, &claimed, &dead]),
        oldest_due_age: match unknown_due {
            Some(_) => None,
            None => queued.rows.iter().filter_map(|row| row.oldest_due_age).reduce(f64::max),
        },
        stuck: match &unknown_claims {
            Some(reason) => Some(Count::NotCounted(reason.clone())),
            None => layout.has_heartbeats().then(|| claimed.count(|row| row.stuck)),
        },
        stuck_rule: layout.package().map(|package| {
            let after = request.stuck_after.max(f64::from(package.stuck_least));
            package.stuck_text.replace("{after}", &text::duration(after))
        }),
        owner: layout.package().and_then(|package| package.owner.clone()),
        workers: match &unknown_claims {
            _ if layout.package().is_some() && !layout.shows_active_workers() => None,
            Some(reason) => layout.has_heartbeats().then(|| unknown_workers(reason)),
            None => (layout.heartbeat.is_some() || layout.locked_by.is_some())
                .then(|| workers(layout, &claimed, request.active_window)),
        },
        dead_lettered_last_hour: has_dead.then(|| {
            // None died at any time.
            let has_none = dead.count(|row| row.n) == Count::Exact(0);
            let undated = (!layout.dates_deaths() && !has_none).then(|| UNDATED.to_owned());
            unless(
                &removed.clone().or(undated).or_else(|| layout.zone_doubt.clone()),
                all_dead(layout, dead.count(|row| row.dead_lettered_last_hour)),
            )
        }),
        by_kind: if not_understood.is_none() { by_kind(parts) } else { vec![] },
        by_kind_missing: not_understood.or_else(|| {
            [queued, claimed, failed, dead]
                .iter()
                .any(|counts| !counts.by_kind)
                .then(|| layout.not_counted().to_owned())
        }),
        server_time: layout.server_time.clone(),
        unknowable: layout.package().map(|package| package.unknowable.clone()).unwrap_or_default(),
        pauses_unknown: layout.package().is_some_and(|package| package.hides_pauses()),
        is_rescue_refused: layout.rescue_refused().is_some(),
    }
}

/// Nothing was counted within the time budget.
pub(crate) fn beyond_budget(layout: &Layout) -> Count {
    Count::BeyondBudget(layout.not_counted().to_owned())
}

/// A number of dead letters. If the package deletes them soon, it is a lower bound, and none is no observation.
pub(crate) fn all_dead(layout: &Layout, there: Count) -> Count {
    match (layout.dead_letters_not_kept(), there) {
        (Some(why), Count::Exact(0) | Count::AtLeast(0)) => Count::NotCounted(why.to_owned()),
        (Some(_), Count::Exact(n)) => Count::AtLeast(n),
        (_, there) => there,
    }
}

/// Rows of one state, and how completely they cover it.
struct StateCounts<'a> {
    rows: Vec<&'a CountRow>,
    complete: bool,
    /// Why there is no count, if there is none.
    counted: Result<(), Count>,
    by_kind: bool,
}

impl<'a> StateCounts<'a> {
    fn new(layout: &Layout, role: Lifecycle, parts: &'a [(Coverage<'_>, Vec<CountRow>)]) -> Self {
        let empty = Self { rows: vec![], complete: true, counted: Ok(()), by_kind: true };
        let mut found = None;
        for (coverage, rows) in parts {
            let (roles, complete, counted, by_kind) = match coverage {
                Coverage::ByKind(roles) => (roles, true, Ok(()), true),
                Coverage::Total(roles) => (roles, true, Ok(()), false),
                Coverage::Part(roles) => (roles, false, Ok(()), false),
                Coverage::Missing(roles) => (roles, false, Err(beyond_budget(layout)), false),
            };
            if roles.contains(&role) && found.is_none() {
                let rows = rows.iter().filter(|row| row.role == role.as_str()).collect();
                found = Some(Self { rows, complete, counted, by_kind });
            }
        }
        let has_values = !layout.state_names.values(role).is_empty();
        match role {
            // Without a value that means it, nothing was counted: a zero would be no observation.
            Lifecycle::Queued | Lifecycle::Claimed | Lifecycle::Failed if !has_values => Self {
                rows: vec![],
                complete: true,
                counted: Err(Count::NotCounted(NO_SUCH_STATE.to_owned())),
                by_kind: true,
            },
            _ => found.unwrap_or(empty),
        }
    }

    /// Sums up one number of the rows.
    fn count(&self, number: impl Fn(&CountRow) -> u64) -> Count {
        let sum = self.rows.iter().map(|row| number(row)).sum();
        match (&self.counted, self.complete) {
            (Err(not_counted), _) => not_counted.clone(),
            (Ok(()), false) => Count::AtLeast(sum),
            (Ok(()), true) => Count::Exact(sum),
        }
    }
}

/// Adds up the times in the future; `None` if there are none.
fn future_times(
    layout: &Layout,
    [queued, claimed, dead]: [&StateCounts<'_>; 3],
) -> Option<FutureTimes> {
    let rows = || [queued, claimed, dead].into_iter().flat_map(|counts| &counts.rows);
    let jobs = rows().map(|row| row.in_future).sum();
    (jobs > 0).then(|| FutureTimes {
        seconds: rows().filter_map(|row| row.seconds_ahead).reduce(f64::max),
        jobs,
        dead: dead.rows.iter().map(|row| row.in_future).sum(),
        zone: layout.naive_zone().map(str::to_owned),
    })
}

/// Workers of jobs whose claims have a time that is not read.
fn unknown_workers(reason: &str) -> Workers {
    let active = Count::NotCounted(reason.to_owned());
    Workers { is_observable: true, active, heartbeat_age: None, by_worker: vec![], more: 0 }
}

/// Reason for the missing count of active workers.
const UNNAMED: &str = "no column names the worker";

/// Counts the workers with a heartbeat younger than `max_age` seconds.
fn workers(layout: &Layout, claimed: &StateCounts<'_>, max_age: f64) -> Workers {
    let active: HashSet<_> = claimed
        .rows
        .iter()
        .filter(|row| row.heartbeat_age.is_some_and(|age| age < max_age))
        .filter_map(|row| row.worker.as_deref())
        .collect();
    let n = active.len() as u64;
    let by_worker = by_worker(claimed);
    Workers {
        is_observable: layout.shows_active_workers(),
        active: match claimed.count(|_| 0) {
            _ if layout.locked_by.is_none() => Count::NotCounted(UNNAMED.to_owned()),
            Count::Exact(_) => Count::Exact(n),
            Count::AtLeast(_) => Count::AtLeast(n),
            not_counted => not_counted,
        },
        heartbeat_age: claimed.rows.iter().filter_map(|row| row.heartbeat_age).reduce(f64::min),
        more: by_worker.len().saturating_sub(MOST_WORKERS) as u64,
        by_worker: by_worker.into_iter().take(MOST_WORKERS).collect(),
    }
}

/// Adds up the claimed jobs of each worker: those with stuck jobs first, then those with most jobs.
fn by_worker(claimed: &StateCounts<'_>) -> Vec<WorkerJobs> {
    let mut workers: BTreeMap<Option<&str>, WorkerJobs> = BTreeMap::new();
    for row in claimed.rows.iter().filter(|row| row.n > 0) {
        let name = row.worker.as_deref();
        let jobs = workers.entry(name).or_insert_with(|| WorkerJobs {
            worker: name.map(str::to_owned),
            claimed: 0,
            stuck: 0,
            heartbeat_age: None,
        });
        jobs.claimed += row.n;
        jobs.stuck += row.stuck;
        let ages = [jobs.heartbeat_age, row.heartbeat_age];
        jobs.heartbeat_age = ages.into_iter().flatten().reduce(f64::min);
    }
    let mut workers: Vec<_> = workers.into_values().collect();
    workers.sort_by_key(|jobs| std::cmp::Reverse((jobs.stuck, jobs.claimed)));
    workers
}

/// Returns the counts by kind, largest first, from the parts that are split by kind.
fn by_kind(parts: &[(Coverage<'_>, Vec<CountRow>)]) -> Vec<KindCounts> {
    let mut kinds: BTreeMap<&str, KindCounts> = BTreeMap::new();
    for (coverage, rows) in parts {
        if !matches!(coverage, Coverage::ByKind(_)) {
            continue;
        }
        for row in rows.iter().filter(|row| row.role != Lifecycle::Finished.as_str()) {
            let counts = kinds.entry(row.kind.as_deref().unwrap_or("(none)")).or_default();
            if row.role == Lifecycle::Queued.as_str() {
                counts.due += row.due;
                let ages = [counts.oldest_due_age, row.oldest_due_age];
                counts.oldest_due_age = ages.into_iter().flatten().reduce(f64::max);
                counts.scheduled += row.n.saturating_sub(row.due);
            } else if row.role == Lifecycle::Claimed.as_str() {
                counts.claimed += row.n;
                counts.stuck += row.stuck;
            } else if row.role == Lifecycle::Failed.as_str() {
                counts.failed += row.n;
            } else if row.role == Lifecycle::Dead.as_str() {
                counts.dead += row.n;
            }
        }
    }
    let mut by_kind: Vec<_> = kinds
        .into_iter()
        .map(|(kind, counts)| KindCounts { kind: kind.to_owned(), ..counts })
        .collect();
    by_kind.sort_by_key(|counts| {
        let KindCounts { due, claimed: in_progress, failed, dead, scheduled, .. } = counts;
        std::cmp::Reverse(due + in_progress + failed + dead + scheduled)
    });
    by_kind
}
