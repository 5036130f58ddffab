//! When did it start? The last time that each check, and each question, was OK.

use std::collections::BTreeMap;

use super::area_of;
use crate::facts::Status;
use crate::facts::snapshot::{StoredSnapshot, parse_failed_checks};
use crate::triage::areas::AREAS;

/// A trouble that goes on. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenProblem {
    /// The check, or the question, that is not OK.
    pub what: String,
    /// Its verdict in the latest snapshot.
    pub status: Status,
    /// The first snapshot in which it was not OK, of those that follow its last good one.
    pub since: i64,
    /// The last snapshot in which it was OK; `None`: not in any that was looked at.
    pub last_ok: Option<i64>,
}

/// A trouble that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedProblem {
    /// The check.
    pub what: String,
    /// When it was first seen.
    pub since: i64,
    /// The first snapshot in which it was OK again.
    pub until: i64,
}

/// Follows the troubles of snapshots that come in order.
#[derive(Debug, Default)]
pub struct ProblemStarts {
    going_on: BTreeMap<String, OpenProblem>,
    /// The trouble that ended last.
    pub ended: Option<EndedProblem>,
    previous: Option<i64>,
    first: Option<i64>,
    said: String,
}

impl ProblemStarts {
    /// Takes the next snapshot.
    pub fn add(&mut self, point: &StoredSnapshot<'_>) {
        self.first.get_or_insert(point.at);
        if self.previous.is_none() || self.said != point.bad {
            self.change(point);
            point.bad.clone_into(&mut self.said);
        }
        self.previous = Some(point.at);
    }

    fn change(&mut self, point: &StoredSnapshot<'_>) {
        let now = named(point.bad);
        for (what, onset) in &self.going_on {
            if !now.contains_key(what) {
                let ended =
                    EndedProblem { what: what.clone(), since: onset.since, until: point.at };
                // Of those that end together a check says more than its question.
                let better = self.ended.as_ref().is_none_or(|known| {
                    known.until < ended.until || (is_area(&known.what) && !is_area(what))
                });
                if better {
                    self.ended = Some(ended);
                }
            }
        }
        self.going_on.retain(|what, _| now.contains_key(what));
        for (what, verdict) in now {
            let last_ok = self.previous;
            let onset = self.going_on.entry(what.clone());
            let onset =
                onset.or_insert(OpenProblem { what, status: verdict, since: point.at, last_ok });
            onset.status = verdict;
        }
    }

    /// The first snapshot, where something was wrong in it: what came before may say since when.
    #[must_use]
    pub fn open_since(&self) -> Option<i64> {
        self.going_on.values().any(|onset| onset.last_ok.is_none()).then_some(self.first).flatten()
    }

    /// Takes the snapshots before the first one, newest first; `false` when nothing is left to find.
    pub fn before(&mut self, at: i64, bad: &str) -> bool {
        let then = named(bad);
        let mut open = false;
        for onset in self.going_on.values_mut().filter(|onset| onset.last_ok.is_none()) {
            if then.contains_key(&onset.what) {
                onset.since = at;
                open = true;
            } else {
                onset.last_ok = Some(at);
            }
        }
        open
    }

    /// The checks that are not OK, the earliest trouble first.
    #[must_use]
    pub fn checks(&self) -> Vec<&OpenProblem> {
        let mut checks: Vec<_> = self.going_on.values().filter(|o| !is_area(&o.what)).collect();
        checks.sort_by_key(|onset| onset.since);
        checks
    }

    /// Since when this question is not OK.
    #[must_use]
    pub fn question(&self, question: &str) -> Option<&OpenProblem> {
        self.going_on.get(question)
    }

    /// Where it started: the earliest trouble of the worst verdict.
    #[must_use]
    pub fn start(&self) -> Option<&OpenProblem> {
        let worst = Status::worst(self.going_on.values().map(|onset| onset.status));
        self.checks().into_iter().find(|onset| onset.status == worst)
    }
}

fn is_area(what: &str) -> bool {
    AREAS.iter().any(|branch| branch.name == what)
}

/// Checks and questions that are not OK, by name.
fn named(bad: &str) -> BTreeMap<String, Status> {
    let mut named: BTreeMap<String, Status> = BTreeMap::new();
    for (check, verdict) in parse_failed_checks(bad) {
        named.insert(check.to_owned(), verdict);
        if let Some(place) = area_of(check) {
            let question = named.entry(AREAS[place].name.to_owned()).or_insert(Status::Ok);
            *question = question.worse(verdict);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::MetricValues;

    fn onsets(points: &[(i64, &'static str)]) -> ProblemStarts {
        let mut onsets = ProblemStarts::default();
        for (at, bad) in points {
            let figures = MetricValues::default();
            onsets.add(&StoredSnapshot {
                at: *at,
                status: Status::Ok,
                section: None,
                bad,
                metrics: figures,
            });
        }
        onsets
    }

    #[test]
    fn problem_start_is_after_the_last_ok_snapshot() {
        let seen = onsets(&[
            (10, ""),
            (20, "queue.workers:2"),
            (30, ""),
            (40, "queue.workers:2"),
            (50, "queue.workers:2 ready.worker:2"),
        ]);
        let start = seen.start().unwrap();
        assert_eq!((start.what.as_str(), start.since), ("queue.workers", 40));
        assert_eq!(start.last_ok, Some(30));
        let ready = seen.checks()[1];
        assert_eq!((ready.since, ready.last_ok), (50, Some(40)));
        assert_eq!(seen.question("queue?").map(|onset| onset.since), Some(40));
        assert_eq!(seen.open_since(), None);
    }

    #[test]
    fn permanent_warning_does_not_set_the_incident_start() {
        let seen = onsets(&[(10, "db.dead_rows:1"), (20, "db.dead_rows:1 app.up:2")]);
        assert_eq!(seen.start().map(|onset| onset.since), Some(20));
    }

    #[test]
    fn problem_open_at_the_range_start_is_traced_back() {
        let mut seen = onsets(&[(50, "app.up:2 dlq.size:1")]);
        assert_eq!(seen.open_since(), Some(50));
        assert!(seen.before(40, "app.up:2"));
        assert!(seen.before(30, "app.up:3"));
        let [app, dead] = seen.checks()[..] else { panic!("two troubles") };
        assert_eq!((app.since, app.last_ok), (30, None));
        assert_eq!((dead.since, dead.last_ok), (50, Some(40)));
        assert!(!seen.before(20, ""));
        assert_eq!(seen.start().and_then(|onset| onset.last_ok), Some(20));
    }

    #[test]
    fn ended_problem_is_recorded_with_its_range() {
        let seen = onsets(&[(10, ""), (20, "app.up:2"), (30, ""), (40, "")]);
        assert!(seen.start().is_none());
        assert_eq!(seen.ended, Some(EndedProblem { what: "app.up".into(), since: 20, until: 30 }));
    }
}
