//! Dead jobs that died of the same cause.

use std::collections::{HashMap, HashSet};

use super::dead_letter::DeadSince;
use crate::fingerprint::Fingerprint;

/// Deaths younger than this say that it is still happening, seconds.
pub const RECENT: f64 = 900.0;

/// A cause and what it did.
#[derive(Debug, Clone)]
pub struct DeadLetterGroup {
    /// The cause.
    pub fingerprint: Fingerprint,
    /// The kind of the jobs.
    pub kind: String,
    /// Jobs.
    pub count: u64,
    /// The earliest death.
    pub first: Option<DeadSince>,
    /// The latest death.
    pub last: Option<DeadSince>,
    /// Deaths within [`RECENT`].
    pub recent: u64,
    /// Tenants hit: a token of each.
    pub workspaces: HashSet<u64>,
}

impl DeadLetterGroup {
    /// A group without jobs yet.
    #[must_use]
    pub fn new(kind: &str, fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            kind: kind.to_owned(),
            count: 0,
            first: None,
            last: None,
            recent: 0,
            workspaces: HashSet::new(),
        }
    }

    /// Counts a job.
    pub fn add(&mut self, death: Option<DeadSince>, workspace: Option<u64>) {
        self.count += 1;
        if let Some(death) = death {
            self.recent += u64::from(death.age < RECENT);
            self.first = Some(self.first.filter(|first| first.at <= death.at).unwrap_or(death));
            self.last = Some(self.last.filter(|last| last.at >= death.at).unwrap_or(death));
        }
        self.workspaces.extend(workspace);
    }
}

/// When jobs of each kind last finished, seconds since 1970.
#[derive(Debug, Clone)]
pub struct Finishes {
    /// The latest finish by kind.
    pub latest: HashMap<String, f64>,
    /// Earlier events were not read.
    pub since: f64,
}

impl Finishes {
    /// Whether a job of the group's kind finished after its last death; `None` when that lies
    /// outside the events that were read.
    #[must_use]
    pub fn after(&self, group: &DeadLetterGroup) -> Option<bool> {
        let died = group.last?.at.as_duration().as_secs_f64();
        match self.latest.get(&group.kind) {
            Some(finished) if *finished > died => Some(true),
            _ if self.since <= died => Some(false),
            _ => None,
        }
    }
}

/// Dead jobs that were requeued before, as the newest events tell.
#[derive(Debug, Clone, Default)]
pub struct RequeuedBefore {
    /// How many by the hash of what they died of; `None` where no events tell.
    pub jobs: Option<HashMap<String, u64>>,
    /// How they were looked for, in words.
    pub searched: String,
}

impl RequeuedBefore {
    /// How many jobs of this group; `None` when nobody knows.
    #[must_use]
    pub fn count(&self, group: &DeadLetterGroup) -> Option<u64> {
        let jobs = self.jobs.as_ref()?;
        Some(jobs.get(&group.fingerprint.hash).copied().unwrap_or(0))
    }
}

/// The groups of a reading.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// Largest first.
    pub groups: Vec<DeadLetterGroup>,
    /// Jobs read.
    pub read: u64,
    /// Jobs of causes beyond the number that is kept.
    pub rare_groups_dropped: u64,
    /// What finished since; `None` where no events tell.
    pub finishes: Option<Finishes>,
    /// Who was requeued before.
    pub requeued: RequeuedBefore,
    /// Whether time ran out before everything was read.
    pub truncated: bool,
}
