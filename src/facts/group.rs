//! Groups: dead letters with the same cause.

use std::collections::{HashMap, HashSet};

use super::dead_letter::DeadSince;
use crate::fingerprint::{self, Fingerprint};

/// Age in seconds of the newest dead letter up to which a group is still failing.
pub(crate) const RECENT: f64 = 900.0;

/// Whether a text is the id of a group, by the grouping rules of any version.
pub(crate) fn is_group_id(text: &str) -> bool {
    fingerprint::version_of_hash(text).is_some()
}

/// New dead letters of a group within [`RECENT`]: it is still failing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RecentFailures {
    /// Number of jobs.
    pub(crate) jobs: u64,
    /// Seconds since the last one was dead-lettered, by the clock of the database server.
    pub(crate) last_age: f64,
}

/// How many dead letters there are, and when they were dead-lettered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct DeadCounts {
    /// Number of jobs.
    pub(crate) jobs: u64,
    /// When the first one was dead-lettered.
    pub(crate) first: Option<DeadSince>,
    /// When the last one was dead-lettered.
    pub(crate) last: Option<DeadSince>,
    /// Number dead-lettered within [`RECENT`].
    pub(crate) recent: u64,
    /// Number of which it is not known since when they are dead.
    pub(crate) undated: u64,
}

impl DeadCounts {
    /// Number known to be dead-lettered within [`RECENT`]; `None` if none is, and some have no time of death.
    pub(crate) fn known_recent(&self) -> Option<u64> {
        (self.recent > 0 || self.undated == 0).then_some(self.recent)
    }

    /// Adds a job.
    pub(crate) fn add(&mut self, dead_since: Option<DeadSince>) {
        self.jobs += 1;
        let Some(dead_since) = dead_since else {
            self.undated += 1;
            return;
        };
        self.recent += u64::from(dead_since.age < RECENT);
        self.first =
            Some(self.first.filter(|first| first.at <= dead_since.at).unwrap_or(dead_since));
        self.last = Some(self.last.filter(|last| last.at >= dead_since.at).unwrap_or(dead_since));
    }
}

/// Dead letters of one kind with the same cause.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetterGroup {
    /// The cause.
    pub(crate) fingerprint: Fingerprint,
    /// Kind of the jobs.
    pub(crate) kind: String,
    /// Number and times of the jobs.
    pub(crate) dead: DeadCounts,
    /// Id of the job that was dead-lettered last.
    pub(crate) sample: Option<String>,
    /// Hashes of the affected workspaces.
    pub(crate) workspaces: HashSet<u64>,
}

impl DeadLetterGroup {
    /// Creates a group without jobs.
    pub(crate) fn new(kind: &str, fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            kind: kind.to_owned(),
            dead: DeadCounts::default(),
            sample: None,
            workspaces: HashSet::new(),
        }
    }

    /// The new dead letters of the group; `None` if it is not failing.
    pub(crate) fn recent_failures(&self) -> Option<RecentFailures> {
        let last_age = self.dead.last.filter(|_| self.dead.recent > 0)?.age;
        Some(RecentFailures { jobs: self.dead.recent, last_age })
    }

    /// Adds a job. `id` is only called for a job that may become the sample.
    pub(crate) fn add(
        &mut self,
        dead_since: Option<DeadSince>,
        workspace: Option<u64>,
        id: impl FnOnce() -> String,
    ) {
        // Of jobs with the same time, the greatest id: the order of the rows does not matter.
        match (self.dead.last, dead_since) {
            _ if self.sample.is_none() => self.sample = Some(id()),
            (Some(last), Some(since)) if since.at > last.at => self.sample = Some(id()),
            (None, Some(_)) => self.sample = Some(id()),
            (last, since) if last.map(|last| last.at) == since.map(|since| since.at) => {
                self.sample = self.sample.take().max(Some(id()));
            }
            _ => {}
        }
        self.dead.add(dead_since);
        self.workspaces.extend(workspace);
    }
}

/// When jobs of each kind last finished, in seconds since 1970.
#[derive(Debug, Clone)]
pub(crate) struct Finishes {
    /// Last finish by kind.
    pub(crate) latest: HashMap<String, f64>,
    /// Time of the earliest event that was read.
    pub(crate) since: f64,
}

impl Finishes {
    /// Whether a job of the group's kind finished after the group's last dead letter; `None` if that is
    /// not covered by the events that were read.
    pub(crate) fn after(&self, group: &DeadLetterGroup) -> Option<bool> {
        let died = group.dead.last?.at.as_duration().as_secs_f64();
        match self.latest.get(&group.kind) {
            Some(finished) if *finished > died => Some(true),
            _ if self.since <= died => Some(false),
            _ => None,
        }
    }
}

/// Dead letters that were requeued before, from the newest events.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequeuedBefore {
    /// Number of jobs by group id; `None` if no events show it.
    pub(crate) jobs: Option<HashMap<String, u64>>,
    /// Why the search is not complete, if it is not.
    pub(crate) incomplete: Option<String>,
}

impl RequeuedBefore {
    /// Number of jobs of this group; `None` if it is not known.
    pub(crate) fn count(&self, group: &DeadLetterGroup) -> Option<u64> {
        let jobs = self.jobs.as_ref()?;
        Some(jobs.get(&group.fingerprint.hash).copied().unwrap_or(0))
    }
}

/// All groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    /// Groups, largest first.
    pub(crate) groups: Vec<DeadLetterGroup>,
    /// Number of jobs read.
    pub(crate) read: u64,
    /// Number of jobs in small groups that exceed the maximum number of groups.
    pub(crate) rare_groups_dropped: u64,
    /// Recent finishes by kind; `None` if no events show them.
    pub(crate) finishes: Option<Finishes>,
    /// Earlier requeues of the jobs.
    pub(crate) requeued: RequeuedBefore,
    /// Whether the time limit was reached before all jobs were read.
    pub(crate) truncated: bool,
}
