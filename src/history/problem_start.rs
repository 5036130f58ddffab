//! When problems started: the last time that each check and each area was OK.

use std::collections::BTreeMap;

use super::area_index;
use crate::facts::Status;
use crate::facts::snapshot::{StoredSnapshot, parse_failed_checks};
use crate::triage::areas::AREAS;

/// A current problem. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenProblem {
    /// The name of the check or area that is not OK.
    pub(crate) subject: String,
    /// Its status in the latest snapshot.
    pub(crate) status: Status,
    /// The first snapshot since its last OK in which it was not OK.
    pub(crate) since: i64,
    /// The last snapshot in which it was OK; `None` if it was not OK in any that was read.
    pub(crate) last_ok: Option<i64>,
}

/// A past problem.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EndedProblem {
    /// The check.
    pub(crate) subject: String,
    /// The first snapshot in which it was not OK.
    pub(crate) since: i64,
    /// The first snapshot in which it was OK again.
    pub(crate) until: i64,
}

/// Tracks problems over snapshots in chronological order.
#[derive(Debug, Default)]
pub(crate) struct ProblemStarts {
    open: BTreeMap<String, OpenProblem>,
    /// The problem that ended last.
    pub(crate) ended: Option<EndedProblem>,
    previous: Option<i64>,
    first: Option<i64>,
    last_failed_checks: String,
}

impl ProblemStarts {
    /// Adds the next snapshot.
    pub(crate) fn add(&mut self, snapshot: &StoredSnapshot<'_>) {
        self.first.get_or_insert(snapshot.at);
        if self.previous.is_none() || self.last_failed_checks != snapshot.bad {
            self.update(snapshot);
            snapshot.bad.clone_into(&mut self.last_failed_checks);
        }
        self.previous = Some(snapshot.at);
    }

    fn update(&mut self, snapshot: &StoredSnapshot<'_>) {
        let current = statuses_by_name(snapshot.bad);
        for (name, problem) in &self.open {
            if !current.contains_key(name) {
                let ended = EndedProblem {
                    subject: name.clone(),
                    since: problem.since,
                    until: snapshot.at,
                };
                // Of problems that end together, a check is more specific than its area.
                let is_better = self.ended.as_ref().is_none_or(|previous| {
                    previous.until < ended.until || (is_area(&previous.subject) && !is_area(name))
                });
                if is_better {
                    self.ended = Some(ended);
                }
            }
        }
        self.open.retain(|name, _| current.contains_key(name));
        for (name, status) in current {
            let last_ok = self.previous;
            let problem = self.open.entry(name.clone()).or_insert(OpenProblem {
                subject: name,
                status,
                since: snapshot.at,
                last_ok,
            });
            problem.status = status;
        }
    }

    /// Returns the time of the first snapshot if a problem was already open in it, so that earlier
    /// snapshots must be searched.
    pub(crate) fn open_since(&self) -> Option<i64> {
        self.open.values().any(|problem| problem.last_ok.is_none()).then_some(self.first).flatten()
    }

    /// Adds a snapshot from before the first one, newest first; returns `false` when the start of
    /// every problem is known.
    pub(crate) fn add_earlier(&mut self, at: i64, failed_checks: &str) -> bool {
        let earlier = statuses_by_name(failed_checks);
        let mut has_open = false;
        for problem in self.open.values_mut().filter(|problem| problem.last_ok.is_none()) {
            if earlier.contains_key(&problem.subject) {
                problem.since = at;
                has_open = true;
            } else {
                problem.last_ok = Some(at);
            }
        }
        has_open
    }

    /// Returns the checks that are not OK, the earliest problem first.
    pub(crate) fn checks(&self) -> Vec<&OpenProblem> {
        let mut checks: Vec<_> = self.open.values().filter(|p| !is_area(&p.subject)).collect();
        checks.sort_by_key(|problem| problem.since);
        checks
    }

    /// Returns the problem of this area.
    pub(crate) fn area(&self, area: &str) -> Option<&OpenProblem> {
        self.open.get(area)
    }

    /// Returns the problem that the incident started with: the earliest one of the worst status.
    pub(crate) fn start(&self) -> Option<&OpenProblem> {
        let worst = Status::worst(self.open.values().map(|problem| problem.status));
        self.checks().into_iter().find(|problem| problem.status == worst)
    }
}

fn is_area(name: &str) -> bool {
    AREAS.iter().any(|area| area.name == name)
}

/// Returns the status of each check and area that is not OK, by name.
fn statuses_by_name(failed_checks: &str) -> BTreeMap<String, Status> {
    let mut statuses: BTreeMap<String, Status> = BTreeMap::new();
    for (check, status) in parse_failed_checks(failed_checks) {
        statuses.insert(check.to_owned(), status);
        if let Some(index) = area_index(check) {
            let area = statuses.entry(AREAS[index].name.to_owned()).or_insert(Status::Ok);
            *area = area.worse(status);
        }
    }
    statuses
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
        assert!(starts.add_earlier(40, "app.up:2"));
        assert!(starts.add_earlier(30, "app.up:3"));
        let [app, dead_letters] = starts.checks()[..] else { panic!("two troubles") };
        assert_eq!((app.since, app.last_ok), (30, None));
        assert_eq!((dead_letters.since, dead_letters.last_ok), (50, Some(40)));
        assert!(!starts.add_earlier(20, ""));
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
}
