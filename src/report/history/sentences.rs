//! The past in sentences.

use jiff::Timestamp;

use crate::facts::operation::OperationType;
use crate::facts::snapshot::OperationMarker;
use crate::history::HistoryRange;
use crate::text;

/// RFC 3339 UTC of milliseconds since 1970.
#[must_use]
pub fn time(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// When did it start? In one sentence.
#[must_use]
pub fn started(past: &HistoryRange, now: Timestamp) -> String {
    let ago = |at: i64| text::age((now.as_millisecond() - at) as f64 / 1e3);
    let Some(latest) = past.series.latest else {
        return format!("nothing was recorded since {}", time(past.series.from));
    };
    let Some(start) = past.problem_starts.start() else {
        return match &past.problem_starts.ended {
            Some(ended) => format!(
                "OK since {}; before, {} was not, for {} from {}",
                time(ended.until),
                ended.what,
                text::age((ended.until - ended.since) as f64 / 1e3),
                time(ended.since),
            ),
            None => format!("OK in every snapshot, the last one {} ago", ago(latest)),
        };
    };
    let (what, verdict) = (&start.what, start.status);
    let Some(last_ok) = start.last_ok else {
        let back = past.searched_since.unwrap_or(past.series.from);
        return format!(
            "it started before anything that was looked at: {what} ({verdict}) is not OK since {} at least",
            time(back.min(start.since)),
        );
    };
    let others: Vec<_> = past
        .problem_starts
        .checks()
        .into_iter()
        .filter(|onset| onset.what != start.what && onset.since >= start.since)
        .take(3)
        .map(|onset| {
            let later = text::age((onset.since - start.since) as f64 / 1e3);
            format!("{} (+{later})", onset.what)
        })
        .collect();
    let then =
        if others.is_empty() { String::new() } else { format!("; then {}", others.join(", ")) };
    format!(
        "it started {} ago, at {}, with {what} ({verdict}), last OK at {}{then}",
        ago(start.since),
        time(start.since),
        time(last_ok),
    )
}

/// What is to be known of the timeline: its ends, gaps and operations.
pub(crate) fn notes(past: &HistoryRange, now: Timestamp) -> Vec<String> {
    let series = &past.series;
    let step = text::age(series.step as f64 / 1e3);
    let mut notes = vec![format!(
        "{} to {}, {} a step, {}; · OK, w warning, C critical, ? unknown, blank: not recorded",
        time(series.from),
        time(series.until),
        step,
        text::plural(series.snapshots, "snapshot", "snapshots"),
    )];
    if past.began.is_some() {
        notes.push("it begins where the recording does: nothing older is kept".to_owned());
    }
    for (from, until) in series.gaps.iter().take(3) {
        let long = text::age((until - from) as f64 / 1e3);
        notes.push(if *until >= series.until {
            format!("not recorded since {} ({long}): figures are of then", time(*from))
        } else {
            format!("not recorded for {long} from {}", time(*from))
        });
    }
    if series.gaps.len() > 3 {
        notes.push(format!(
            "and {}",
            text::plural(series.gaps.len() as u64 - 3, "more gap", "more gaps")
        ));
    }
    for mark in past.marks.iter().rev().take(5) {
        notes.push(mark_text(mark, now));
    }
    notes
}

/// The letter of an operation on the timeline.
pub(crate) fn sign(deed: OperationType) -> char {
    match deed {
        OperationType::Requeue => 'R',
        OperationType::Undo => 'U',
        OperationType::Rescue => 'S',
    }
}

/// `R 2026-01-31T04:00:00Z ada@desk requeued 120 jobs (rq-…): the token was renewed`
#[must_use]
pub fn mark_text(mark: &OperationMarker, now: Timestamp) -> String {
    let (sign, deed) = (sign(mark.operation_type), mark.operation_type.past_tense());
    let reason = mark.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "{sign} {} ({} ago) {} {deed} {} ({}){reason}",
        time(mark.at.as_millisecond()),
        text::age(text::seconds_since(mark.at, now)),
        mark.who,
        text::plural(mark.jobs, "job", "jobs"),
        mark.operation,
    )
}
