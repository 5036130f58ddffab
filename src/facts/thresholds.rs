//! Thresholds of the checks. The documentation of each default names its origin.

/// The values from which a metric is WARNING and CRITICAL. `None` turns one off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// At or above: WARNING.
    pub(crate) warning: Option<f64>,
    /// At or above: CRITICAL.
    pub(crate) critical: Option<f64>,
}

impl Threshold {
    /// A threshold that is turned off.
    pub(crate) const OFF: Self = Self { warning: None, critical: None };

    /// Creates a threshold with both values.
    pub const fn new(warning: f64, critical: f64) -> Self {
        Self { warning: Some(warning), critical: Some(critical) }
    }

    /// Creates a threshold with only a warning value.
    pub const fn warning(warning: f64) -> Self {
        Self { warning: Some(warning), critical: None }
    }
}

/// Definition of one threshold: its name, unit, default and documentation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThresholdDoc {
    /// Key in `[context.NAME.thresholds]`.
    pub(crate) name: &'static str,
    /// Key in version 0.1.0, which is read as well.
    pub(crate) old_name: Option<&'static str>,
    /// Unit of both values.
    pub(crate) unit: &'static str,
    /// Default value.
    pub(crate) default: Threshold,
    /// What it applies to, and the origin of the default.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a test compares it with docs/thresholds.md")
    )]
    pub(crate) about: &'static str,
    /// Reads it from all thresholds.
    pub(crate) get: fn(&Thresholds) -> Threshold,
    /// Writes it to all thresholds.
    pub(crate) set: fn(&mut Thresholds, Threshold),
}

/// All thresholds. Counts are in jobs, ages in seconds, rates per hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Due jobs.
    pub(crate) due: Threshold,
    /// Age of the oldest due job, seconds.
    pub(crate) oldest_due: Threshold,
    /// Claimed jobs.
    pub(crate) running: Threshold,
    /// Stuck jobs.
    pub(crate) stuck: Threshold,
    /// Age of the newest heartbeat while jobs are due or claimed, seconds.
    pub(crate) heartbeat_age: Threshold,
    /// Dead letters.
    pub(crate) dead: Threshold,
    /// Jobs dead-lettered in the last hour.
    pub(crate) dead_inflow: Threshold,
    /// Jobs dead-lettered in the last hour, minus those of the hour before.
    pub(crate) dead_trend: Threshold,
    /// Failed attempts in the last hour.
    pub(crate) failures: Threshold,
    /// Age of the oldest open transaction on the database, seconds.
    pub(crate) transaction_age: Threshold,
    /// Longest wait for a lock on jobs, seconds.
    pub(crate) lock_wait: Threshold,
    /// Dead row versions of jobs, percent of all.
    pub(crate) dead_rows: Threshold,
    /// Connections in use, percent of those allowed.
    pub(crate) connections: Threshold,
    /// Replay lag of a standby, seconds.
    pub(crate) replay_lag: Threshold,
    /// Difference between readyz and the database, jobs.
    pub(crate) queue_gap: Threshold,
    /// Time to the first byte of `/api/healthz`, milliseconds.
    pub(crate) health_latency: Threshold,
    /// Age of the heartbeat from which a job is stuck, seconds. This is a definition, not a threshold.
    pub(crate) stuck_after: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        let mut thresholds = Self {
            due: Threshold::OFF,
            oldest_due: Threshold::OFF,
            running: Threshold::OFF,
            stuck: Threshold::OFF,
            heartbeat_age: Threshold::OFF,
            dead: Threshold::OFF,
            dead_inflow: Threshold::OFF,
            dead_trend: Threshold::OFF,
            failures: Threshold::OFF,
            transaction_age: Threshold::OFF,
            lock_wait: Threshold::OFF,
            dead_rows: Threshold::OFF,
            connections: Threshold::OFF,
            replay_lag: Threshold::OFF,
            queue_gap: Threshold::OFF,
            health_latency: Threshold::OFF,
            stuck_after: STUCK_AFTER,
        };
        for doc in &THRESHOLD_DOCS {
            (doc.set)(&mut thresholds, doc.default);
        }
        thresholds
    }
}

/// Default of [`Thresholds::stuck_after`]: the backend's alert rule uses ten minutes.
pub(crate) const STUCK_AFTER: f64 = 600.0;

/// All thresholds. One list defines the settings, the documentation and the tests.
pub(crate) const THRESHOLD_DOCS: [ThresholdDoc; 16] = [
    ThresholdDoc {
        name: "due",
        old_name: Some("waiting_due"),
        unit: "jobs",
        default: Threshold::new(50.0, 100.0),
        about: "due jobs; readyz warns above 50, the pending alert of the backend is 100",
        get: |l| l.due,
        set: |l, v| l.due = v,
    },
    ThresholdDoc {
        name: "oldest_due",
        old_name: None,
        unit: "s",
        default: Threshold::new(60.0, 300.0),
        about: "age of the oldest due job; the backend warns at 1m and fails at 5m",
        get: |l| l.oldest_due,
        set: |l, v| l.oldest_due = v,
    },
    ThresholdDoc {
        name: "running",
        old_name: None,
        unit: "jobs",
        default: Threshold::warning(50.0),
        about: "claimed jobs; the running alert of the backend is 50",
        get: |l| l.running,
        set: |l, v| l.running = v,
    },
    ThresholdDoc {
        name: "stuck",
        old_name: None,
        unit: "jobs",
        default: Threshold::new(1.0, 10.0),
        about: "claimed jobs without a heartbeat for `stuck_after`; a single one needs attention",
        get: |l| l.stuck,
        set: |l, v| l.stuck = v,
    },
    ThresholdDoc {
        name: "heartbeat_age",
        old_name: Some("worker_silence"),
        unit: "s",
        default: Threshold::new(300.0, 600.0),
        about: "time since the last heartbeat of any worker while jobs are due; alert at 5m, stuck at 10m",
        get: |l| l.heartbeat_age,
        set: |l, v| l.heartbeat_age = v,
    },
    ThresholdDoc {
        name: "dead",
        old_name: None,
        unit: "jobs",
        default: Threshold::new(20.0, 100.0),
        about: "dead letters; the backend alerts above 20, engine health fails at 100",
        get: |l| l.dead,
        set: |l, v| l.dead = v,
    },
    ThresholdDoc {
        name: "dead_inflow",
        old_name: None,
        unit: "jobs/h",
        default: Threshold::new(10.0, 50.0),
        about: "jobs dead-lettered in the last hour; the backend alerts at 10 more within an hour",
        get: |l| l.dead_inflow,
        set: |l, v| l.dead_inflow = v,
    },
    ThresholdDoc {
        name: "dead_trend",
        old_name: None,
        unit: "jobs/h",
        default: Threshold::new(10.0, 50.0),
        about: "jobs dead-lettered in the last hour minus those of the hour before; the backend alerts at 10 more per hour",
        get: |l| l.dead_trend,
        set: |l, v| l.dead_trend = v,
    },
    ThresholdDoc {
        name: "failures",
        old_name: None,
        unit: "failures/h",
        default: Threshold::new(50.0, 250.0),
        about: "failed attempts in the last hour; `dead_inflow` times the five attempts of a job",
        get: |l| l.failures,
        set: |l, v| l.failures = v,
    },
    ThresholdDoc {
        name: "transaction_age",
        old_name: None,
        unit: "s",
        default: Threshold::new(300.0, 3600.0),
        about: "age of the oldest open transaction, which blocks vacuum; 5m as for heartbeats, 1h by experience",
        get: |l| l.transaction_age,
        set: |l, v| l.transaction_age = v,
    },
    ThresholdDoc {
        name: "lock_wait",
        old_name: None,
        unit: "s",
        default: Threshold::new(5.0, 30.0),
        about: "longest wait for a lock on jobs; a worker sends a heartbeat every 5s and loses its job after 30s",
        get: |l| l.lock_wait,
        set: |l, v| l.lock_wait = v,
    },
    ThresholdDoc {
        name: "dead_rows",
        old_name: None,
        unit: "%",
        default: Threshold::warning(40.0),
        about: "dead row versions of jobs, from 10,000 rows on; autovacuum starts at 20%, and does not keep up at twice that",
        get: |l| l.dead_rows,
        set: |l, v| l.dead_rows = v,
    },
    ThresholdDoc {
        name: "connections",
        old_name: None,
        unit: "%",
        default: Threshold::new(80.0, 95.0),
        about: "connections in use, of those allowed; by experience: room for a restart of all workers, room for one session",
        get: |l| l.connections,
        set: |l, v| l.connections = v,
    },
    ThresholdDoc {
        name: "replay_lag",
        old_name: None,
        unit: "s",
        default: Threshold::new(60.0, 300.0),
        about: "replication lag of a hot standby; as `oldest_due`, which it would distort",
        get: |l| l.replay_lag,
        set: |l, v| l.replay_lag = v,
    },
    ThresholdDoc {
        name: "queue_gap",
        old_name: None,
        unit: "jobs",
        default: Threshold::warning(10.0),
        about: "difference between readyz and the database, in addition to 10%; by experience: jobs that change between two reads",
        get: |l| l.queue_gap,
        set: |l, v| l.queue_gap = v,
    },
    ThresholdDoc {
        name: "health_latency",
        old_name: None,
        unit: "ms",
        default: Threshold::warning(2000.0),
        about: "time to the first byte of /api/healthz, which does no work",
        get: |l| l.health_latency,
        set: |l, v| l.health_latency = v,
    },
];

/// A threshold and its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdWithUnit {
    /// The threshold.
    pub(crate) threshold: Threshold,
    /// Unit of both values.
    pub(crate) unit: &'static str,
}

/// Adds the unit to a threshold.
pub const fn threshold_text(limit: Threshold, unit: &'static str) -> ThresholdWithUnit {
    ThresholdWithUnit { threshold: limit, unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_document_matches_the_list() {
        let document = include_str!("../../docs/thresholds.md");
        let side = |side: Option<f64>| side.map_or("off".to_owned(), |value| value.to_string());
        for ThresholdDoc { name, unit, default, about, .. } in &THRESHOLD_DOCS {
            let (warning, critical) = (side(default.warning), side(default.critical));
            let row = format!("| `{name}` | {unit} | {warning} | {critical} | {about} |\n");
            assert!(document.contains(&row), "docs/thresholds.md lacks {row}");
        }
        assert_eq!(
            document.matches("\n| `").count(),
            THRESHOLD_DOCS.len(),
            "a row without a threshold"
        );
        assert!(document.contains(&format!("`stuck_after` ({STUCK_AFTER} s)")));
    }

    #[test]
    fn each_documented_threshold_sets_its_own_field() {
        for doc in &THRESHOLD_DOCS {
            let mut limits = Thresholds::default();
            let probe = Threshold::new(12345.0, 67890.0);
            (doc.set)(&mut limits, probe);
            let changed: Vec<_> = THRESHOLD_DOCS
                .iter()
                .filter(|d| (d.get)(&limits) == probe)
                .map(|d| d.name)
                .collect();
            assert_eq!(changed, [doc.name]);
        }
    }
}
