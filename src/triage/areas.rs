//! The areas of triage, as a table: their order, the order of their checks, and the redirects to the section of
//! the cause.

use crate::checks::registry::{Entry, TRIAGE};
use crate::facts::Section;

/// An area of the triage table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    /// Its runbook section.
    pub(crate) section: Section,
    /// Its name in stored snapshots and JSON.
    pub(crate) name: &'static str,
    /// Its label in tables and headlines.
    pub(crate) label: &'static str,
    /// The checks that are shown first, by id, in this order; [`Self::checks`] has all of them.
    order: &'static [&'static str],
    /// The redirects to other sections. Of several that apply, the one with the worst cause is
    /// taken, then the first.
    pub(crate) redirects: &'static [Redirect],
}

impl Area {
    /// Returns its checks, by id, in display order: those of `triage` with its section.
    pub(crate) fn checks(&self) -> impl Iterator<Item = &'static str> {
        let is_other =
            |check: &&Entry| check.section == self.section && !self.order.contains(&check.id);
        self.order.iter().copied().chain(TRIAGE.iter().filter(is_other).map(|check| check.id))
    }
}

/// Returns the index of the area of a check.
pub(crate) fn index_of(check: &str) -> Option<usize> {
    let section = TRIAGE.iter().find(|known| known.id == check)?.section;
    AREAS.iter().position(|area| area.section == section)
}

/// A redirect to the section of the cause: readyz fails *because* of the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Redirect {
    /// It applies if only these checks of the area have the worst status,
    pub(crate) only: &'static [&'static str],
    /// and one of these checks of the target is WARNING or CRITICAL,
    pub(crate) because: &'static [&'static str],
    /// and none of these is OK. The database is more reliable than readyz, which may count dead
    /// jobs.
    pub(crate) unless: &'static [&'static str],
    /// The target section.
    pub(crate) to: Section,
}

/// The areas of section 5, from top to bottom.
pub(crate) const AREAS: [Area; 6] = [
    Area { section: Section::AppDown, name: "app up?", label: "App", order: &[], redirects: &[] },
    Area {
        section: Section::NotReady,
        name: "ready?",
        label: "Readiness",
        order: &[
            "ready.ok",
            "ready.agreement",
            "ready.db",
            "db.reachable",
            "cross.db",
            "db.connections",
            "db.standby",
            "ready.worker",
            "cross.worker",
            "ready.ffmpeg",
            "ready.env",
            "ready.stripe",
            "ready.sentry",
            "ready.other",
        ],
        // 3.2: "if queue.warning is true or queue.length is high, see section 3.3". 3.4: "readiness
        // may go red if DLQ thresholds are exceeded". The database is more reliable than readyz.
        redirects: &[
            // readyz and the database both report missing heartbeats: 3.3 describes what to do.
            Redirect {
                only: &["ready.ok", "ready.agreement", "ready.worker", "cross.worker"],
                because: &["queue.workers", "queue.stuck"],
                unless: &["queue.workers"],
                to: Section::Backlog,
            },
            Redirect {
                only: &["ready.ok", "ready.agreement"],
                because: &[
                    "queue.backlog",
                    "queue.oldest_due",
                    "queue.workers",
                    "queue.running",
                    "queue.stuck",
                ],
                unless: &[],
                to: Section::Backlog,
            },
            Redirect {
                only: &["ready.ok", "ready.agreement"],
                because: &["dlq.size", "dlq.inflow", "dlq.trend", "dlq.given_up"],
                unless: &[],
                to: Section::DeadLetters,
            },
            Redirect {
                only: &["ready.ok"],
                because: &["ready.queue"],
                unless: &["queue.oldest_due"],
                to: Section::Backlog,
            },
        ],
    },
    Area {
        section: Section::Backlog,
        name: "queue?",
        label: "Queue",
        order: &[
            "queue.backlog",
            "queue.oldest_due",
            "queue.workers",
            "queue.stuck",
            "queue.running",
            "queue.unknown_states",
            "queue.clock_skew",
            "ready.queue",
            "cross.queue_length",
            "cross.oldest_age",
            "db.locks",
            "db.transactions",
            "db.dead_rows",
        ],
        redirects: &[],
    },
    Area {
        section: Section::DeadLetters,
        name: "dead letters?",
        label: "Dead letters",
        order: &["dlq.size", "dlq.inflow", "dlq.trend", "dlq.failures"],
        redirects: &[],
    },
    Area {
        section: Section::Environment,
        name: "environment?",
        label: "Environment",
        order: &[],
        redirects: &[],
    },
    Area {
        section: Section::Access,
        name: "access?",
        label: "Access",
        order: &["access.audit"],
        redirects: &[],
    },
];

/// Returns the label of an area by its name.
pub(crate) fn label(name: &str) -> &str {
    AREAS.iter().find(|area| area.name == name).map_or(name, |area| area.label)
}
