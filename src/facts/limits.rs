//! The thresholds that checks judge by. Each default says where it comes from.

use std::fmt;

/// A pair of limits; a reading at or above one reaches its verdict. `None` switches that side off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// At or above: WARNING.
    pub warning: Option<f64>,
    /// At or above: CRITICAL.
    pub critical: Option<f64>,
}

impl Limit {
    /// Both sides set.
    #[must_use]
    pub const fn new(warning: f64, critical: f64) -> Self {
        Self { warning: Some(warning), critical: Some(critical) }
    }

    /// A warning alone.
    #[must_use]
    pub const fn warning(warning: f64) -> Self {
        Self { warning: Some(warning), critical: None }
    }
}

/// One named limit: what settings, documents and checks know it by.
#[derive(Debug, Clone, Copy)]
pub struct LimitDoc {
    /// The key below `[context.NAME.thresholds]`.
    pub name: &'static str,
    /// The unit of both sides.
    pub unit: &'static str,
    /// The default.
    pub default: Limit,
    /// What it limits, and where the default comes from.
    pub about: &'static str,
    /// Reads it from the set.
    pub get: fn(&Limits) -> Limit,
    /// Writes it to the set.
    pub set: fn(&mut Limits, Limit),
}

/// Every threshold in force. Counts in jobs, ages in seconds, rates per hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Jobs that are due and not yet claimed.
    pub waiting_due: Limit,
    /// Age of the oldest due job, seconds.
    pub oldest_due: Limit,
    /// Jobs in progress.
    pub running: Limit,
    /// Jobs in progress whose heartbeat is older than `stuck_after`.
    pub stuck: Limit,
    /// Seconds without any worker's heartbeat while there is work.
    pub worker_silence: Limit,
    /// Dead letters in all.
    pub dead: Limit,
    /// Deaths in the last hour.
    pub dead_inflow: Limit,
    /// Milliseconds until the first byte of `/api/healthz`.
    pub health_latency: Limit,
    /// Age of a heartbeat from which a job counts as stuck, seconds (not a limit, a definition).
    pub stuck_after: f64,
}

impl Default for Limits {
    fn default() -> Self {
        let mut limits = Self {
            waiting_due: Limit::new(0.0, 0.0),
            oldest_due: Limit::new(0.0, 0.0),
            running: Limit::new(0.0, 0.0),
            stuck: Limit::new(0.0, 0.0),
            worker_silence: Limit::new(0.0, 0.0),
            dead: Limit::new(0.0, 0.0),
            dead_inflow: Limit::new(0.0, 0.0),
            health_latency: Limit::new(0.0, 0.0),
            stuck_after: STUCK_AFTER,
        };
        for doc in &LIMITS {
            (doc.set)(&mut limits, doc.default);
        }
        limits
    }
}

/// Default of [`Limits::stuck_after`]: the backend's alert rule calls ten silent minutes stuck.
pub const STUCK_AFTER: f64 = 600.0;

/// Every limit: one list feeds the settings, the documentation and the tests.
pub const LIMITS: [LimitDoc; 8] = [
    LimitDoc {
        name: "waiting_due",
        unit: "jobs",
        default: Limit::new(50.0, 100.0),
        about: "jobs due and unclaimed; readyz warns above 50, the backend's pending alert is 100",
        get: |l| l.waiting_due,
        set: |l, v| l.waiting_due = v,
    },
    LimitDoc {
        name: "oldest_due",
        unit: "s",
        default: Limit::new(60.0, 300.0),
        about: "age of the oldest due job; the backend warns at 60 s and fails at 300 s",
        get: |l| l.oldest_due,
        set: |l, v| l.oldest_due = v,
    },
    LimitDoc {
        name: "running",
        unit: "jobs",
        default: Limit::warning(50.0),
        about: "jobs in progress; the backend's running alert is 50",
        get: |l| l.running,
        set: |l, v| l.running = v,
    },
    LimitDoc {
        name: "stuck",
        unit: "jobs",
        default: Limit::new(1.0, 10.0),
        about: "jobs in progress without a heartbeat for `stuck_after`; one is worth a look",
        get: |l| l.stuck,
        set: |l, v| l.stuck = v,
    },
    LimitDoc {
        name: "worker_silence",
        unit: "s",
        default: Limit::new(300.0, 600.0),
        about: "time since any worker's heartbeat while work is due; alert at 5 min, stuck at 10 min",
        get: |l| l.worker_silence,
        set: |l, v| l.worker_silence = v,
    },
    LimitDoc {
        name: "dead",
        unit: "jobs",
        default: Limit::new(20.0, 100.0),
        about: "dead letters; the backend alerts above 20, engine health fails at 100",
        get: |l| l.dead,
        set: |l, v| l.dead = v,
    },
    LimitDoc {
        name: "dead_inflow",
        unit: "jobs/h",
        default: Limit::new(10.0, 50.0),
        about: "deaths in the last hour; the backend alerts at 10 more within an hour",
        get: |l| l.dead_inflow,
        set: |l, v| l.dead_inflow = v,
    },
    LimitDoc {
        name: "health_latency",
        unit: "ms",
        default: Limit::warning(2000.0),
        about: "time to the first byte of /api/healthz; a liveness check does no work",
        get: |l| l.health_latency,
        set: |l, v| l.health_latency = v,
    },
];

/// A limit and the unit of its sides; in words `warning ≥ 60 s, critical ≥ 300 s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The limit.
    pub limit: Limit,
    /// The unit of both sides.
    pub unit: &'static str,
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |name: &str, value: Option<f64>| {
            value.map(|value| format!("{name} ≥ {value} {}", self.unit))
        };
        let sides = [side("warning", self.limit.warning), side("critical", self.limit.critical)];
        let sides: Vec<_> = sides.into_iter().flatten().collect();
        f.write_str(if sides.is_empty() { "no limit" } else { "" })?;
        f.write_str(&sides.join(", "))
    }
}

/// A limit in its unit.
#[must_use]
pub const fn limit_text(limit: Limit, unit: &'static str) -> Threshold {
    Threshold { limit, unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_limit_is_wired_to_its_own_field() {
        for doc in &LIMITS {
            let mut limits = Limits::default();
            let probe = Limit::new(12345.0, 67890.0);
            (doc.set)(&mut limits, probe);
            let changed: Vec<_> =
                LIMITS.iter().filter(|d| (d.get)(&limits) == probe).map(|d| d.name).collect();
            assert_eq!(changed, [doc.name]);
        }
    }
}
