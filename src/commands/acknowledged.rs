//! The acknowledged groups among the dead letters. Repeated polls reuse the last classification.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::context::Context;
use crate::facts::SourceError;
use crate::facts::acknowledged::{
    AcknowledgedDead, AcknowledgedGroup, Acknowledgement, Classification, MAX_CLASSIFIED,
};
use crate::facts::queue::{Count, Queue};
use crate::queue::Layout;
use crate::sources::postgres::acknowledged;
use crate::sources::postgres::queue::ScanPolicy;
use crate::text;

/// How long polls reuse a classification: it reads up to [`MAX_CLASSIFIED`] rows with their errors.
const REUSED_FOR: SignedDuration = SignedDuration::from_mins(2);

/// Finds the acknowledged groups among the dead letters; `None` if the configuration has no entry for this context.
/// What prevents it is part of the result: then every dead letter counts.
pub(super) async fn observe(
    context: &Context,
    layout: &Layout,
    queue: &Queue,
    scan_policy: ScanPolicy,
) -> Option<AcknowledgedDead> {
    let entries = entries(context);
    let dead = queue.dead.as_ref()?;
    if entries.is_empty() {
        return None;
    }
    let now = context.now();
    let last = context.classification().filter(|_| scan_policy == ScanPolicy::Indexes);
    let classified = match last.filter(|last| is_current(last, queue, now)) {
        Some(last) => Ok(Some(last)),
        None => classify(context, layout, queue.kind.as_deref(), dead.at_least()).await,
    };
    Some(group_by_entry(&entries, classified, now))
}

/// As [`observe`], but always classifies. `dead` is the number of dead letters, if it is known.
pub(super) async fn read(
    context: &Context,
    layout: &Layout,
    dead: Option<u64>,
) -> Option<AcknowledgedDead> {
    let entries = entries(context);
    if entries.is_empty() {
        return None;
    }
    let classified = classify(context, layout, None, dead).await;
    Some(group_by_entry(&entries, classified, context.now()))
}

/// Returns the entries for this context. One that is limited to it precedes one for all contexts, so that the dead
/// letters of a group are subtracted once.
fn entries(context: &Context) -> Vec<&Acknowledgement> {
    let name = context.settings.context_name.as_deref();
    let all = || context.settings.acknowledged.iter().map(|entry| &entry.value);
    let is_own = |entry: &&Acknowledgement| entry.context.is_some();
    let own: Vec<_> =
        all().filter(is_own).filter(|entry| entry.context.as_deref() == name).collect();
    let is_replaced = |entry: &&Acknowledgement| own.iter().any(|own| own.group == entry.group);
    let general = all().filter(|entry| entry.context.is_none() && !is_replaced(entry));
    own.iter().copied().chain(general).collect()
}

/// Counts the dead letters of each entry. Without a classification none is acknowledged.
fn group_by_entry(
    entries: &[&Acknowledgement],
    classified: Result<Option<Classification>, SourceError>,
    now: Timestamp,
) -> AcknowledgedDead {
    let (classification, not_applied) = match classified {
        Ok(Some(classification)) => (Some(classification), None),
        Ok(None) => {
            let most = text::count(MAX_CLASSIFIED);
            (None, Some(format!("more than {most} dead letters: all of them count")))
        }
        Err(error) => (None, Some(format!("not read, all dead letters count: {error}"))),
    };
    let elapsed = classification.as_ref().map_or(0.0, |classified| seconds(classified, now));
    let today = TimeZone::UTC.to_datetime(now).date();
    let group = |entry: &&Acknowledgement| {
        let entry = (*entry).clone();
        let counts = classification.as_ref().map(|known| known.of_group(&entry.group, elapsed));
        let (jobs, last_hour, hour_before) = counts.unwrap_or_default();
        let is_current = today <= entry.expires;
        AcknowledgedGroup { entry, jobs, last_hour, hour_before, is_current }
    };
    AcknowledgedDead {
        groups: entries.iter().map(group).collect(),
        not_applied,
        classified_seconds_ago: elapsed as u64,
    }
}

/// Classifies the dead letters and keeps the result for later polls. `None` if there are too many.
async fn classify(
    context: &Context,
    layout: &Layout,
    kind: Option<&str>,
    dead: Option<u64>,
) -> Result<Option<Classification>, SourceError> {
    let at = context.now();
    let ages = match dead {
        Some(0) => Some(Default::default()),
        Some(dead) if dead > MAX_CLASSIFIED => None,
        _ => {
            let (database, limit) = (context.database().await?, context.remaining());
            acknowledged::ages(database, layout, kind, limit).await?
        }
    };
    let Some(ages) = ages else { return Ok(None) };
    let classification = Classification { at, ages };
    if kind.is_none() {
        context.set_classification(classification.clone());
    }
    Ok(Some(classification))
}

/// Returns whether a classification is recent and the dead letters are still those that it knows.
fn is_current(last: &Classification, queue: &Queue, now: Timestamp) -> bool {
    let age = now.duration_since(last.at);
    let (Some(Count::Exact(dead)), Some(Count::Exact(last_hour)), None) =
        (&queue.dead, &queue.dead_lettered_last_hour, &queue.kind)
    else {
        return false;
    };
    SignedDuration::ZERO <= age
        && age < REUSED_FOR
        && last.agrees_with(*dead, *last_hour, age.as_secs_f64())
}

fn seconds(classification: &Classification, now: Timestamp) -> f64 {
    text::seconds_since(classification.at, now).max(0.0)
}
