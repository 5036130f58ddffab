//! Time at which a job was dead-lettered: the time that its worker recorded, or the row's last
//! change.

use std::borrow::Cow;

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::facts::dead_letter::{DeadSince, DeathRecord};
use crate::queue::{Layout, sql};
use crate::sources::postgres::row_types::{Micros, raw};

/// Maximum number of seconds by which a time of death may be in the future.
const FUTURE_TOLERANCE: f64 = sql::CLOCK_TOLERANCE as f64;

/// Returns the select list that [`dead_since_of`] and `changed_of` read.
pub(crate) fn dead_since_columns(layout: &Layout) -> String {
    let recorded = |key: &str| match sql::error_json(layout) {
        Some(error) => format!("left({error} ->> '{key}', 64)"),
        None => "null::text".to_owned(),
    };
    format!(
        "{} as failed_at, {} as recovered_at, ({})::timestamptz as changed_at, now() as now_at, \
         {} as is_dated",
        recorded("failed_at"),
        recorded("recovered_at"),
        sql::dead_since(layout),
        layout.dates_deaths(),
    )
}

/// Returns the last change of a row with [`dead_since_columns`].
pub(crate) fn changed_of(row: &Row) -> Option<Micros> {
    row.get("changed_at")
}

/// Returns when the job of a row with [`dead_since_columns`] was dead-lettered.
pub(crate) fn dead_since_of(row: &Row) -> Option<DeadSince> {
    let Micros(now) = row.get("now_at");
    // A recovery leaves the `failed_at` of the attempt before, and a later failure an old `recovered_at`.
    let recorded = [raw(row, "failed_at"), raw(row, "recovered_at")];
    let changed = changed_of(row).filter(|_| row.get("is_dated")).and_then(Micros::finite);
    plausible_time(recorded, changed, now as f64 / 1e6)
}

/// Age of a time of death in seconds; `None` if it is later than a difference of clocks explains: then it is not known
/// when the job died. Both times are in seconds since 1970.
pub(crate) fn plausible_age(at: f64, now: f64) -> Option<f64> {
    (at.is_finite() && at <= now + FUTURE_TOLERANCE).then(|| (now - at).max(0.0))
}

/// Returns the newest of the recorded times that is a plausible timestamp, and the row's last change (microseconds
/// since 1970) otherwise. `now` is in seconds since 1970.
fn plausible_time<'a>(
    recorded: impl IntoIterator<Item = Option<Cow<'a, str>>>,
    changed: Option<i64>,
    now: f64,
) -> Option<DeadSince> {
    let seconds = |t: Timestamp| t.as_duration().as_secs_f64();
    let recorded = recorded
        .into_iter()
        .filter_map(|text| text?.parse::<Timestamp>().ok())
        .filter(|at| seconds(*at) > 0.0 && plausible_age(seconds(*at), now).is_some())
        .max();
    let since = |at: Timestamp, source| {
        Some(DeadSince { at, age: plausible_age(seconds(at), now)?, source })
    };
    match recorded {
        Some(at) => since(at, DeathRecord::Error),
        None => since(Timestamp::from_microsecond(changed?).ok()?, DeathRecord::LastChange),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(seconds: f64) -> i64 {
        (seconds * 1e6) as i64
    }

    #[test]
    fn valid_failed_at_precedes_the_last_change() {
        let now = 1_760_000_000.0;
        let dead_since =
            plausible_time([Some("2025-10-09T08:00:00.123Z".into())], Some(micros(now - 5.0)), now)
                .unwrap();
        assert!(
            dead_since.source == DeathRecord::Error
                && (dead_since.age - (now - 1_759_996_800.123)).abs() < 1e-3
        );
    }

    #[test]
    fn newest_recorded_time_counts() {
        let (now, earlier, later) =
            (1_760_000_000.0, "2025-10-09T05:00:00Z", "2025-10-09T08:00:00Z");
        for times in [[earlier, later], [later, earlier], ["never", later]] {
            let recorded = times.map(|time| Some(time.into()));
            let dead_since = plausible_time(recorded, Some(micros(now)), now).unwrap();
            assert_eq!(dead_since.at.to_string(), later);
        }
    }

    #[test]
    fn implausible_failed_at_is_ignored() {
        let now = 1_760_000_000.0;
        for absurd in ["soon", "", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
            let dead_since =
                plausible_time([Some(absurd.into())], Some(micros(now - 5.0)), now).unwrap();
            assert_eq!(dead_since.source, DeathRecord::LastChange, "{absurd}");
            assert!((dead_since.age - 5.0).abs() < 1e-3);
        }
        assert_eq!(super::plausible_time([None], None, now), None);
    }

    #[test]
    fn death_in_the_future_has_no_time() {
        let now = 1_760_000_000.0;
        let age = |ahead: f64| {
            plausible_time([None], Some(micros(now + ahead)), now).map(|since| since.age)
        };
        assert_eq!([age(20.0), age(31.0), age(86_400.0)], [Some(0.0), None, None]);
    }
}
