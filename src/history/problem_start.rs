//! When problems started: the last time that each check and each area was OK.
//!
//! A check that was not evaluated is not OK: its problem stays open, marked as unknown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::evaluated_areas;
use crate::facts::Status;
use crate::facts::snapshot::{CheckSet, StoredSnapshot, parse_failed_checks};
use crate::triage::areas::{AREAS, Area, index_of};

/// Checks without which others cannot be evaluated. Of problems that start at the same time, they are the cause.
const CAUSES: [&str; 2] = ["app.up", "db.reachable"];

/// A check or area that is not OK in the latest snapshot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenProblem {
    /// Id of the check, or name of the area.
    pub(crate) subject: String,
    /// Status in the latest snapshot in which it was known; UNKNOWN if it never was.
    pub(crate) status: Status,
    /// Time of the first snapshot in which it was not OK, milliseconds since 1970.
    pub(crate) since: i64,
    /// Time of the last snapshot in which it was OK; `None` if there is none in the range.
    pub(crate) last_ok: Option<i64>,
    /// Time of the first snapshot since which the status of a known problem is unknown.
    pub(crate) unknown_since: Option<i64>,
}

impl OpenProblem {
    fn new(subject: &str, status: Status, since: i64, last_ok: Option<i64>) -> Self {
        Self { subject: subject.to_owned(), status, since, last_ok, unknown_since: None }
    }

    /// The status in the latest snapshot.
    pub(crate) fn current_status(&self) -> Status {
        if self.unknown_since.is_some() { Status::Unknown } else { self.status }
    }

    /// Sets the status in a snapshot. A problem whose status becomes unknown keeps its last known one.
    fn set_status(&mut self, status: Status, at: i64) {
        if status == Status::Unknown && self.status != Status::Unknown {
            self.unknown_since.get_or_insert(at);
        } else {
            (self.status, self.unknown_since) = (status, None);
        }
    }
}

/// A problem that ended within the range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EndedProblem {
    /// Id of the check.
    pub(crate) subject: String,
    /// Time of the first snapshot in which it was not OK.
    pub(crate) since: i64,
    /// Time of the first snapshot in which it was OK again.
    pub(crate) until: i64,
}

/// Finds problem starts in snapshots that are added in order.
#[derive(Debug, Default)]
pub(crate) struct ProblemStarts {
    checks: BTreeMap<String, OpenProblem>,
    areas: [Option<OpenProblem>; AREAS.len()],
    /// The problem that ended last.
    pub(crate) ended: Option<EndedProblem>,
    /// Time of the previous snapshot.
    previous: Option<i64>,
    /// Time of the first snapshot.
    first: Option<i64>,
    /// Failed and evaluated checks of the previous snapshot, to skip equal ones.
    last_failed_checks: String,
    last_evaluated: Option<CheckSet>,
    /// For checks that were OK when they were last evaluated, and are not evaluated any more: that time.
    last_ok: BTreeMap<String, i64>,
}

impl ProblemStarts {
    /// Adds the next snapshot.
    pub(crate) fn add(&mut self, snapshot: &StoredSnapshot<'_>) {
        self.first.get_or_insert(snapshot.at);
        let number = |set: Option<&CheckSet>| set.map(|set| set.number);
        if self.previous.is_none()
            || self.last_failed_checks != snapshot.bad
            || number(self.last_evaluated.as_ref()) != number(snapshot.evaluated)
        {
            self.update(snapshot);
            snapshot.bad.clone_into(&mut self.last_failed_checks);
            self.last_evaluated = snapshot.evaluated.cloned();
        }
        self.previous = Some(snapshot.at);
    }

    fn update(&mut self, snapshot: &StoredSnapshot<'_>) {
        self.remember_last_ok(snapshot.evaluated);
        let current: BTreeMap<&str, Status> = parse_failed_checks(snapshot.bad).collect();
        self.end_problems(snapshot, &current);
        for (check, status) in current {
            let last_ok = self.last_ok_of(check);
            let new = || OpenProblem::new(check, status, snapshot.at, last_ok);
            let problem = self.checks.entry(check.to_owned()).or_insert_with(new);
            problem.set_status(status, snapshot.at);
        }
        self.update_areas(snapshot.at);
    }

    /// Keeps the time of checks that are evaluated no longer.
    fn remember_last_ok(&mut self, evaluated: Option<&CheckSet>) {
        let (Some(last), Some(previous)) = (&self.last_evaluated, self.previous) else { return };
        let is_gone = |check: &&str| evaluated.is_some_and(|set| !set.contains(check));
        let gone = last.iter().filter(is_gone).filter(|check| !self.checks.contains_key(*check));
        self.last_ok.extend(gone.map(|check| (check.to_owned(), previous)));
    }

    /// Returns when a check that fails now was OK for the last time.
    fn last_ok_of(&self, check: &str) -> Option<i64> {
        match &self.last_evaluated {
            Some(set) if !set.contains(check) => self.last_ok.get(check).copied(),
            _ => self.previous,
        }
    }

    /// Ends the problems of checks that are OK; those of checks that were not evaluated stay open.
    fn end_problems(&mut self, snapshot: &StoredSnapshot<'_>, current: &BTreeMap<&str, Status>) {
        let mut ended = Vec::new();
        self.checks.retain(|check, problem| {
            let is_evaluated = snapshot.evaluated.is_none_or(|set| set.contains(check));
            match (current.contains_key(check.as_str()), is_evaluated) {
                (true, _) => true,
                (false, true) => {
                    let (subject, since) = (check.clone(), problem.since);
                    ended.push(EndedProblem { subject, since, until: snapshot.at });
                    false
                }
                (false, false) => {
                    problem.set_status(Status::Unknown, snapshot.at);
                    true
                }
            }
        });
        ended.sort_by_key(|problem| order(&problem.subject));
        if let Some(first) = ended.into_iter().next() {
            self.ended = Some(first);
        }
    }

    /// An area is not OK from the first problem of a check until no check has one.
    fn update_areas(&mut self, at: i64) {
        for (index, area) in AREAS.iter().enumerate() {
            let problems = self.checks.values().filter(|p| index_of(&p.subject) == Some(index));
            let problems: Vec<_> = problems.collect();
            if problems.is_empty() {
                self.areas[index] = None;
                continue;
            }
            let status = Status::worst(problems.iter().map(|problem| problem.current_status()));
            let last_ok = problems.iter().filter(|p| p.since == at).filter_map(|p| p.last_ok).min();
            let new = || OpenProblem::new(area.name, status, at, last_ok);
            self.areas[index].get_or_insert_with(new).status = status;
        }
    }

    /// The time of the first snapshot if a problem was open then: its start may be earlier.
    pub(crate) fn open_since(&self) -> Option<i64> {
        self.open().any(|problem| problem.last_ok.is_none()).then_some(self.first).flatten()
    }

    /// Adds an earlier snapshot, newest first. Returns whether the start of a problem is still unknown.
    pub(crate) fn add_earlier(
        &mut self,
        at: i64,
        failed_checks: &str,
        evaluated: Option<&CheckSet>,
    ) -> bool {
        let failed: BTreeMap<&str, Status> = parse_failed_checks(failed_checks).collect();
        let areas = evaluated_areas(evaluated);
        let mut has_open = false;
        let checks = self.checks.values_mut().map(|problem| {
            let is_failed = failed.contains_key(problem.subject.as_str());
            let is_evaluated = evaluated.is_none_or(|set| set.contains(&problem.subject));
            (problem, is_failed, is_evaluated)
        });
        let areas = self.areas.iter_mut().enumerate().filter_map(|(index, problem)| {
            let is_failed = failed.keys().any(|check| index_of(check) == Some(index));
            Some((problem.as_mut()?, is_failed, areas[index]))
        });
        for (problem, is_failed, is_evaluated) in
            checks.chain(areas).filter(|(problem, ..)| problem.last_ok.is_none())
        {
            match (is_failed, is_evaluated) {
                (true, _) => (problem.since, has_open) = (at, true),
                (false, true) => problem.last_ok = Some(at),
                (false, false) => has_open = true,
            }
        }
        has_open
    }

    fn open(&self) -> impl Iterator<Item = &OpenProblem> {
        self.checks.values().chain(self.areas.iter().flatten())
    }

    /// The checks that are not OK: earliest problem start first, of those that start together the cause, then the
    /// worst.
    pub(crate) fn checks(&self) -> Vec<&OpenProblem> {
        let mut checks: Vec<_> = self.checks.values().collect();
        checks.sort_by_key(|problem| {
            let (is_effect, place) = order(&problem.subject);
            (problem.since, is_effect, Reverse(problem.status.rank()), place)
        });
        checks
    }

    /// The problem of an area, if it is not OK.
    pub(crate) fn area(&self, area: &str) -> Option<&OpenProblem> {
        let index = AREAS.iter().position(|known| known.name == area)?;
        self.areas[index].as_ref()
    }

    /// The status in the latest snapshot.
    pub(crate) fn current_status(&self) -> Status {
        Status::worst(self.checks.values().map(OpenProblem::current_status))
    }

    /// The start of the incident: of the checks with the worst status, the one that failed first, or the cause that
    /// failed at the same time.
    pub(crate) fn start(&self) -> Option<&OpenProblem> {
        let checks = self.checks();
        let worst = Status::worst(checks.iter().map(|problem| problem.status));
        let first = checks.iter().find(|problem| problem.status == worst)?;
        let is_cause = |problem: &&&OpenProblem| {
            CAUSES.contains(&problem.subject.as_str()) && problem.since == first.since
        };
        checks.iter().find(is_cause).or(Some(first)).copied()
    }
}

/// Order of checks that have the same time: causes first, then as in triage.
fn order(check: &str) -> (bool, usize) {
    let mut ids = AREAS.iter().flat_map(Area::checks);
    let place = ids.position(|id| id == check).unwrap_or(usize::MAX);
    (!CAUSES.contains(&check), place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::MetricValues;

    fn problem_starts(snapshots: &[(i64, &'static str)]) -> ProblemStarts {
        let mut starts = ProblemStarts::default();
        for (at, bad) in snapshots {
            let metrics = MetricValues::default();
            starts.add(&StoredSnapshot {
                at: *at,
                status: Status::Ok,
                section: None,
                bad,
                evaluated: None,
                metrics,
            });
        }
        starts
    }

    #[test]
    fn problem_start_is_after_the_last_ok_snapshot() {
        let starts = problem_starts(&[
            (10, ""),
            (20, "queue.workers:2"),
            (30, ""),
            (40, "queue.workers:2"),
            (50, "queue.workers:2 ready.worker:2"),
        ]);
        let start = starts.start().unwrap();
        assert_eq!((start.subject.as_str(), start.since), ("queue.workers", 40));
        assert_eq!(start.last_ok, Some(30));
        let ready = starts.checks()[1];
        assert_eq!((ready.since, ready.last_ok), (50, Some(40)));
        assert_eq!(starts.area("queue?").map(|problem| problem.since), Some(40));
        assert_eq!(starts.open_since(), None);
    }

    #[test]
    fn permanent_warning_does_not_set_the_incident_start() {
        let starts = problem_starts(&[(10, "db.dead_rows:1"), (20, "db.dead_rows:1 app.up:2")]);
        assert_eq!(starts.start().map(|problem| problem.since), Some(20));
    }

    #[test]
    fn problem_open_at_the_range_start_is_traced_back() {
        let mut starts = problem_starts(&[(50, "app.up:2 dlq.size:1")]);
        assert_eq!(starts.open_since(), Some(50));
        assert!(starts.add_earlier(40, "app.up:2", None));
        assert!(starts.add_earlier(30, "app.up:3", None));
        let [app, dead_letters] = starts.checks()[..] else { panic!("two troubles") };
        assert_eq!((app.since, app.last_ok), (30, None));
        assert_eq!((dead_letters.since, dead_letters.last_ok), (50, Some(40)));
        assert!(!starts.add_earlier(20, "", None));
        assert_eq!(starts.start().and_then(|problem| problem.last_ok), Some(20));
    }

    #[test]
    fn ended_problem_is_recorded_with_its_range() {
        let starts = problem_starts(&[(10, ""), (20, "app.up:2"), (30, ""), (40, "")]);
        assert!(starts.start().is_none());
        assert_eq!(
            starts.ended,
            Some(EndedProblem { subject: "app.up".into(), since: 20, until: 30 })
        );
    }

    /// Snapshots with the checks that were evaluated.
    fn with_evaluated(snapshots: &[(i64, &'static str, &'static str)]) -> ProblemStarts {
        let mut starts = ProblemStarts::default();
        let mut sets: Vec<&str> = Vec::new();
        for (at, bad, evaluated) in snapshots {
            let number = sets.iter().position(|set| set == evaluated).unwrap_or(sets.len());
            sets.push(evaluated);
            let set = CheckSet::parse(number as i64, evaluated);
            starts.add(&StoredSnapshot {
                at: *at,
                status: Status::Ok,
                section: None,
                bad,
                evaluated: Some(&set),
                metrics: MetricValues::default(),
            });
        }
        starts
    }

    #[test]
    fn check_that_is_not_evaluated_keeps_its_problem() {
        let starts = with_evaluated(&[
            (10, "", "app.up ready.stripe"),
            (20, "ready.stripe:2", "app.up ready.stripe"),
            (30, "", "app.up"),
        ]);
        let stripe = starts.start().unwrap();
        assert_eq!((stripe.since, stripe.status), (20, Status::Critical));
        assert_eq!((stripe.unknown_since, stripe.current_status()), (Some(30), Status::Unknown));
        assert_eq!(starts.ended, None);
        // The healthy counterpart: it is evaluated again, and OK.
        let starts = with_evaluated(&[
            (20, "ready.stripe:2", "app.up ready.stripe"),
            (30, "", "app.up"),
            (40, "", "app.up ready.stripe"),
        ]);
        assert_eq!(starts.start(), None);
        assert_eq!(starts.ended.map(|ended| (ended.since, ended.until)), Some((20, 40)));
    }

    #[test]
    fn last_ok_is_the_last_time_that_a_check_was_evaluated() {
        let starts = with_evaluated(&[
            (10, "", "app.up ready.stripe"),
            (20, "", "app.up"),
            (30, "", "app.up"),
            (40, "ready.stripe:2", "app.up ready.stripe"),
        ]);
        assert_eq!(starts.start().unwrap().last_ok, Some(10));
        let never_before =
            with_evaluated(&[(30, "", "app.up"), (40, "ready.stripe:2", "app.up ready.stripe")]);
        assert_eq!(never_before.start().unwrap().last_ok, None);
    }

    #[test]
    fn problem_that_becomes_unknown_keeps_its_start() {
        let starts = problem_starts(&[
            (10, ""),
            (20, "queue.backlog:2"),
            (30, "db.reachable:3 queue.backlog:3"),
        ]);
        let backlog = *starts.checks().iter().find(|p| p.subject == "queue.backlog").unwrap();
        assert_eq!((backlog.status, backlog.since), (Status::Critical, 20));
        assert_eq!(backlog.unknown_since, Some(30));
        assert_eq!(starts.area("queue?").map(|p| (p.status, p.since)), Some((Status::Unknown, 20)));
    }

    #[test]
    fn cause_precedes_what_depends_on_it() {
        let outage = "access.jobs:3 db.reachable:3 dlq.size:3 queue.backlog:3 ready.db:2";
        let starts = problem_starts(&[(10, ""), (20, outage)]);
        assert_eq!(starts.start().unwrap().subject, "db.reachable");
        let order: Vec<_> = starts.checks().iter().map(|p| p.subject.clone()).collect();
        assert_eq!(order, ["db.reachable", "ready.db", "queue.backlog", "dlq.size", "access.jobs"]);
        // A cause that failed later did not start the incident.
        let starts = problem_starts(&[
            (10, ""),
            (20, "queue.backlog:2"),
            (30, "queue.backlog:2 db.reachable:2"),
        ]);
        assert_eq!(starts.start().unwrap().subject, "queue.backlog");
    }
}
