//! Time at which a job was dead-lettered: the time that its worker recorded, or the row's last
//! change.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::facts::dead_letter::DeadSince;
use crate::queue::{Layout, sql};
use crate::sources::postgres::row_types::Micros;

/// Maximum number of seconds by which a `failed_at` may be in the future.
const FUTURE_TOLERANCE: f64 = 300.0;

/// Returns the select list that [`dead_since_of`] and `changed_of` read.
pub(crate) fn dead_since_columns(layout: &Layout) -> String {
    let failed_at = match &layout.error {
        Some(error) if error.json => {
            format!("left({} ->> 'failed_at', 64)", sql::ident(&error.name))
        }
        _ => "null::text".to_owned(),
    };
    let changed = sql::changed(layout);
    format!("{failed_at} as failed_at, ({changed})::timestamptz as changed_at, now() as now_at")
}

/// Returns the last change of a row with [`dead_since_columns`].
pub(crate) fn changed_of(row: &Row) -> Option<Micros> {
    row.get("changed_at")
}

/// Returns when the job of a row with [`dead_since_columns`] was dead-lettered.
pub(crate) fn dead_since_of(row: &Row) -> Option<DeadSince> {
    let Micros(now) = row.get("now_at");
    plausible_time(row.get("failed_at"), changed_of(row).and_then(Micros::finite), now as f64 / 1e6)
}

/// Returns `failed_at` if it is a plausible timestamp, and the row's last change (microseconds
/// since 1970) otherwise. `now` is in seconds since 1970.
fn plausible_time(failed_at: Option<&str>, changed: Option<i64>, now: f64) -> Option<DeadSince> {
    let seconds = |t: Timestamp| t.as_duration().as_secs_f64();
    let recorded = failed_at
        .and_then(|text| text.parse::<Timestamp>().ok())
        .filter(|at| seconds(*at) > 0.0 && seconds(*at) < now + FUTURE_TOLERANCE)
        .map(|at| DeadSince { at, age: now - seconds(at), recorded: true });
    recorded.or_else(|| {
        let at = Timestamp::from_microsecond(changed?).ok()?;
        Some(DeadSince { at, age: now - seconds(at), recorded: false })
    })
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
            plausible_time(Some("2025-10-09T08:00:00.123Z"), Some(micros(now - 5.0)), now).unwrap();
        assert!(dead_since.recorded && (dead_since.age - (now - 1_759_996_800.123)).abs() < 1e-3);
    }

    #[test]
    fn implausible_failed_at_is_ignored() {
        let now = 1_760_000_000.0;
        for absurd in ["soon", "", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
            let dead_since = plausible_time(Some(absurd), Some(micros(now - 5.0)), now).unwrap();
            assert!(!dead_since.recorded, "{absurd}");
            assert!((dead_since.age - 5.0).abs() < 1e-3);
        }
        assert_eq!(super::plausible_time(None, None, now), None);
    }
}
