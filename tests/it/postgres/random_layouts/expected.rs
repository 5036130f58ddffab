//! The figures of a random case, computed from its rows without SQL.

use serde_json::Value;

use super::case::{Case, Lifecycle, Other, Row, Time, role};

/// Seconds without a heartbeat after which a job is stuck.
const STUCK_AFTER: f64 = 600.0;
/// A heartbeat this many seconds in the future proves nothing.
const CLOCK_TOLERANCE: f64 = 30.0;

/// What the commands must report.
#[derive(Debug)]
pub struct Expected {
    pub finished: u64,
    /// Whether it cannot be known which column holds the state; `None` if either answer is right.
    pub is_ambiguous: Option<bool>,
    pub must_not_be_ok: bool,
    rows: u64,
    due: u64,
    scheduled: u64,
    claimed: u64,
    /// `None` without a heartbeat or lock time.
    stuck: Option<u64>,
    failed_or_dead: u64,
    canceled: u64,
    unknown: u64,
}

impl Expected {
    pub fn new(case: &Case) -> Expected {
        let with = |wanted: Lifecycle| case.rows.iter().filter(move |row| role_of(row) == wanted);
        let count = |wanted: Lifecycle| with(wanted).count() as u64;
        let due = with(Lifecycle::Queued).filter(|row| is_due(case, row)).count() as u64;
        let observable = case.heartbeat.is_some() || case.locked_at;
        let stuck = with(Lifecycle::Claimed).filter(|row| is_stuck(case, row)).count() as u64;
        let in_future = with(Lifecycle::Claimed).any(|row| signs(case, row).any(is_future));
        let unknown = count(Lifecycle::Unknown);
        Expected {
            finished: count(Lifecycle::Finished),
            is_ambiguous: is_ambiguous(case),
            must_not_be_ok: unknown > 0 || (observable && (stuck > 0 || in_future)),
            rows: case.rows.len() as u64,
            due,
            scheduled: count(Lifecycle::Queued) - due,
            claimed: count(Lifecycle::Claimed),
            stuck: observable.then_some(stuck),
            failed_or_dead: count(Lifecycle::Failed) + count(Lifecycle::Dead),
            canceled: count(Lifecycle::Canceled),
            unknown,
        }
    }

    /// Compares them with `data` of `queue`.
    pub fn compare(&self, data: &Value) -> Result<(), String> {
        // A figure that the layout does not have is null.
        let value = |key: &str| data[key]["value"].as_u64().unwrap_or(0);
        let figures = [
            ("due", value("due"), self.due),
            ("scheduled", value("scheduled"), self.scheduled),
            ("claimed", value("claimed"), self.claimed),
            ("failed + dead", value("failed") + value("dead"), self.failed_or_dead),
            ("canceled", value("canceled"), self.canceled),
            ("unknown_state", value("unknown_state"), self.unknown),
            ("stuck", value("stuck"), self.stuck.unwrap_or(0)),
        ];
        let differences: Vec<_> = figures
            .iter()
            .filter(|(_, reported, expected)| reported != expected)
            .map(|(name, reported, expected)| format!("{name}: {reported} instead of {expected}"))
            .collect();
        let keys = ["due", "scheduled", "claimed", "failed", "dead", "canceled", "unknown_state"];
        let sum = keys.iter().map(|key| value(key)).sum::<u64>() + self.finished;
        if !differences.is_empty() {
            return Err(differences.join("; "));
        }
        if sum != self.rows {
            return Err(format!("the roles have {sum} of {} rows", self.rows));
        }
        Ok(())
    }
}

fn role_of(row: &Row) -> Lifecycle {
    role(row.state.as_deref())
}

/// Whether nothing decides between two columns that differ.
fn is_ambiguous(case: &Case) -> Option<bool> {
    let differs = |row: &Row| role_of(row) != role(row.other.as_deref());
    match case.other {
        Other::None | Other::ClaimDecides => Some(false),
        Other::NothingDecides if case.rows.iter().any(differs) => Some(true),
        // `failed` may mean dead letter in one column and not in the other.
        Other::Same | Other::NothingDecides => {
            let failed = case.rows.iter().any(|row| role_of(row) == Lifecycle::Failed);
            (!failed).then_some(false)
        }
    }
}

/// The latest of the due times has come, or there is none.
fn is_due(case: &Case, row: &Row) -> bool {
    let ages = row.due.iter().take(case.due.len()).filter_map(|time| time.age());
    ages.reduce(f64::min).is_none_or(|age| age >= 0.0)
}

fn signs<'a>(case: &'a Case, row: &'a Row) -> impl Iterator<Item = Time> + 'a {
    let heartbeat = case.heartbeat.map(|_| row.heartbeat);
    heartbeat.into_iter().chain(case.locked_at.then_some(row.locked_at))
}

fn is_future(time: Time) -> bool {
    time.age().is_some_and(|age| age.is_finite() && age < -CLOCK_TOLERANCE)
}

/// Neither a recent heartbeat nor, without any heartbeat, a recent lock.
fn is_stuck(case: &Case, row: &Row) -> bool {
    let is_usable = |time: &Time| !is_future(*time) && time.age().is_some_and(f64::is_finite);
    let last = signs(case, row).find(is_usable).and_then(Time::age);
    last.is_none_or(|age| age > STUCK_AFTER)
}
