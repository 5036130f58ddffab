//! The runbook's sections 3, 4 and 5 as one table: which question is asked in which order, which
//! checks answer it, and where a red light has its cause in another section.

use crate::facts::Section;

/// One question of the quick checklist.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// The section that deals with it.
    pub section: Section,
    /// What a tired person asks.
    pub name: &'static str,
    /// The checks that answer, by id, in the order in which they are shown.
    pub checks: &'static [&'static str],
    /// Where to go instead: the one whose cause is worst, of several the first.
    pub redirects: &'static [Redirect],
}

/// A red light whose cause is another section's: readyz is red *because* of the queue.
#[derive(Debug, Clone, Copy)]
pub struct Redirect {
    /// It is taken when nothing in the branch is as bad, but for these.
    pub only: &'static [&'static str],
    /// And when one of these is at WARNING or worse.
    pub because: &'static [&'static str],
    /// But not where one of these is OK: the database knows better than readyz, which may count dead jobs.
    pub unless: &'static [&'static str],
    /// The section that deals with it.
    pub to: Section,
}

/// The checklist of section 5, top to bottom.
pub const AREAS: [Area; 6] = [
    Area { section: Section::AppDown, name: "app up?", checks: &["app.up"], redirects: &[] },
    Area {
        section: Section::NotReady,
        name: "ready?",
        checks: &[
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
        // may go red if DLQ thresholds are exceeded". The database's word goes before readyz's.
        redirects: &[
            // The same silence seen from both sides: what to do about it stands in 3.3.
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
                because: &["dlq.size", "dlq.inflow", "dlq.trend"],
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
        checks: &[
            "queue.oldest_due",
            "queue.backlog",
            "queue.workers",
            "queue.stuck",
            "queue.running",
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
        checks: &["dlq.size", "dlq.inflow", "dlq.trend", "dlq.failures"],
        redirects: &[],
    },
    Area {
        section: Section::Environment,
        name: "environment?",
        checks: &["env.template", "env.tests"],
        redirects: &[],
    },
    Area {
        section: Section::Access,
        name: "access?",
        checks: &["access.jobs", "access.app"],
        redirects: &[],
    },
];
