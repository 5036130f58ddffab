//! Values over time, for sparklines and charts.

use std::time::Duration;

use jiff::Timestamp;

use super::model::{Model, TrendPoint};

/// A value is shown until the next poll, at least this long: recorded snapshots are 30s apart.
const MIN_SHOWN: Duration = Duration::from_mins(1);

/// Returns one value for each of `columns` equal parts of the window, oldest first: the largest one. `None` where
/// nothing was read.
pub(crate) fn series(
    model: &Model,
    columns: usize,
    value: impl Fn(&TrendPoint) -> Option<f64>,
) -> Vec<Option<f64>> {
    let window = model.trend_window().as_secs_f64();
    let mut points = model.trend.iter().peekable();
    let mut last: Option<(f64, f64)> = None;
    let part = |index: usize| {
        let begin = window * (index as f64 / columns as f64 - 1.0);
        let end = window * ((index + 1) as f64 / columns as f64 - 1.0);
        let (mut was_polled, mut largest) = (false, None::<f64>);
        while let Some(point) = points.next_if(|point| offset(model, point.at) <= end) {
            let (at, value) = (offset(model, point.at), value(point));
            last = value.map(|value| (at, value));
            if at > begin {
                was_polled = true;
                largest = largest.into_iter().chain(value).reduce(f64::max);
            }
        }
        let current = last.filter(|(at, _)| end - at <= shown_for(model)).map(|(_, value)| value);
        if was_polled { largest } else { current }
    };
    (0..columns).map(part).collect()
}

/// Returns the values of the window as lines of points (seconds before its end, value); a new line begins after a gap.
pub(crate) fn lines(
    model: &Model,
    value: impl Fn(&TrendPoint) -> Option<f64>,
) -> Vec<Vec<(f64, f64)>> {
    let window = model.trend_window().as_secs_f64();
    let mut lines: Vec<Vec<(f64, f64)>> = vec![];
    let mut is_open = false;
    for point in model.trend.iter().filter(|point| offset(model, point.at) >= -window) {
        let Some(value) = value(point) else {
            is_open = false;
            continue;
        };
        let at = offset(model, point.at);
        let previous = lines.last().and_then(|line| line.last());
        let continues =
            is_open && previous.is_some_and(|(before, _)| at - before <= shown_for(model));
        match lines.last_mut().filter(|_| continues) {
            Some(line) => line.push((at, value)),
            None => lines.push(vec![(at, value)]),
        }
        is_open = true;
    }
    lines
}

/// Returns the seconds from the end of the window to `at`; negative before it.
fn offset(model: &Model, at: Timestamp) -> f64 {
    at.duration_since(model.trend_end()).as_secs_f64()
}

/// Returns the seconds for which a value is shown.
fn shown_for(model: &Model) -> f64 {
    MIN_SHOWN.max(model.every.saturating_mul(2)).as_secs_f64()
}
