//! The sentences of the `history` report and page.

use jiff::Timestamp;

use crate::facts::operation::OperationType;
use crate::facts::snapshot::OperationMarker;
use crate::history::{HistoryRange, OpenProblem};
use crate::suggest::ShellCommand;
use crate::text;

/// Formats milliseconds since 1970 as RFC 3339 in UTC.
pub(crate) fn time(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns the sentence that says when the current problem started; if the next snapshot is overdue, as of when.
pub(crate) fn started(history: &HistoryRange, now: Timestamp) -> String {
    let known = started_as_of_latest(history, now);
    let (Some(since), Some(usual)) = (history.series.stale_since(), history.series.usual_distance)
    else {
        return known;
    };
    format!(
        "no snapshot for {}, usually one every {}; as of {}: {known}",
        text::age((now.as_millisecond() - since) as f64 / 1e3),
        text::age(usual as f64 / 1e3),
        time(since),
    )
}

fn started_as_of_latest(history: &HistoryRange, now: Timestamp) -> String {
    let ago = |at: i64| text::age((now.as_millisecond() - at) as f64 / 1e3);
    let Some(latest) = history.series.latest else {
        return format!("no snapshots since {}", time(history.series.from));
    };
    let Some(start) = history.problem_starts.start() else {
        return match &history.problem_starts.ended {
            Some(ended) => format!(
                "OK since {}; before that, {} was not OK for {}, from {}",
                time(ended.until),
                ended.subject,
                text::age((ended.until - ended.since) as f64 / 1e3),
                time(ended.since),
            ),
            None => format!("OK in all snapshots, the last one {} ago", ago(latest)),
        };
    };
    let (name, status) = (&start.subject, status_text(start));
    let Some(last_ok) = start.last_ok else {
        let searched_since = history.searched_since.unwrap_or(history.series.from);
        return format!(
            "Problem start unknown: {name} was already {status} in the first snapshot ({})",
            time(searched_since.min(start.since)),
        );
    };
    let later_problems: Vec<_> = history
        .problem_starts
        .checks()
        .into_iter()
        .filter(|problem| problem.subject != start.subject && problem.since >= start.since)
        .take(3)
        .map(|problem| {
            let delay = text::age((problem.since - start.since) as f64 / 1e3);
            format!("{} (+{delay})", problem.subject)
        })
        .collect();
    let sequel = if later_problems.is_empty() {
        String::new()
    } else {
        format!("; then {}", later_problems.join(", "))
    };
    format!(
        "Problem start {1} ({0} ago): {name} {status}, last OK {2}{sequel}",
        ago(start.since),
        time(start.since),
        time(last_ok),
    )
}

/// Returns the status of a problem, and since when it is unknown.
fn status_text(problem: &OpenProblem) -> String {
    match problem.unknown_since {
        Some(since) => format!("{}, UNKNOWN since {}", problem.status, time(since)),
        None => problem.status.to_string(),
    }
}

/// Returns the notes below the timeline: its range, gaps and operations.
pub(crate) fn notes(history: &HistoryRange, now: Timestamp) -> Vec<String> {
    let series = &history.series;
    let step = text::age(series.step as f64 / 1e3);
    let mut notes = vec![format!(
        "{} to {}, {} per step, {}; · OK, w WARNING, C CRITICAL, ? UNKNOWN, blank: not recorded",
        time(series.from),
        time(series.until),
        step,
        text::plural(series.snapshots, "snapshot", "snapshots"),
    )];
    if history.began.is_some() {
        notes.push("no older snapshots exist".to_owned());
    }
    for (id, name) in &history.replaced {
        let show = ShellCommand::new("history --system").arg(id.to_string());
        notes.push(format!("{name} was another database at the same address: {show}"));
    }
    for (from, until) in series.gaps.iter().take(3) {
        let length = text::age((until - from) as f64 / 1e3);
        notes.push(if *until >= series.until {
            format!("not recorded since {} ({length}): the values are from that time", time(*from))
        } else {
            format!("not recorded for {length} from {}", time(*from))
        });
    }
    if series.gaps.len() > 3 {
        notes.push(format!(
            "and {}",
            text::plural(series.gaps.len() as u64 - 3, "more gap", "more gaps")
        ));
    }
    if let Some(at) = history.latest.as_ref().and_then(|detail| detail.audited_at) {
        let age = text::age((now.as_millisecond() - at.as_millisecond()).max(0) as f64 / 1e3);
        notes.push(format!("last access audit: {} ({age} ago)", time(at.as_millisecond())));
    }
    for marker in history.marks.iter().rev().take(5) {
        notes.push(mark_text(marker, now));
    }
    notes
}

/// Returns the letter that marks an operation on the timeline.
pub(crate) fn marker_letter(operation_type: OperationType) -> char {
    match operation_type {
        OperationType::Requeue => 'R',
        OperationType::Undo => 'U',
        OperationType::Rescue => 'S',
    }
}

/// Returns, for example, `R 2026-01-31T04:00:00Z (2h 05m ago) ada@desk requeued 120 jobs (rq-…):
/// the token was renewed`.
pub(crate) fn mark_text(marker: &OperationMarker, now: Timestamp) -> String {
    let letter = marker_letter(marker.operation_type);
    let verb = marker.operation_type.past_tense();
    let reason = marker.reasons.text().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "{letter} {} ({} ago) {} {verb} {} ({}){reason}",
        time(marker.at.as_millisecond()),
        text::age(text::seconds_since(marker.at, now)),
        marker.who,
        text::plural(marker.jobs, "job", "jobs"),
        marker.operation,
    )
}
