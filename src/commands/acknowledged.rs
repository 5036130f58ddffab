//! The acknowledged groups of this context among the dead letters.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::context::Context;
use crate::facts::acknowledged::{
    AcknowledgedDead, AcknowledgedGroup, Acknowledgement, MAX_CLASSIFIED,
};
use crate::queue::Layout;
use crate::sources::postgres::acknowledged::{self, GroupCounts};
use crate::text;

/// Finds the acknowledged groups among the dead letters; `None` if the configuration has no entry for this context.
/// `dead` is the number of dead letters, if it is known. What prevents it is part of the result: then every dead
/// letter counts.
pub(crate) async fn read(
    context: &Context,
    layout: &Layout,
    kind: Option<&str>,
    dead: Option<u64>,
) -> Option<AcknowledgedDead> {
    let entries = entries(context);
    if entries.is_empty() {
        return None;
    }
    let counts = match dead {
        Some(0) => Ok(Some(HashMap::new())),
        Some(dead) if dead > MAX_CLASSIFIED => Ok(None),
        _ => match context.database().await {
            Ok(database) => acknowledged::count(database, layout, kind, context.remaining()).await,
            Err(error) => Err(error),
        },
    };
    let (counts, not_applied) = match counts {
        Ok(Some(counts)) => (counts, None),
        Ok(None) => {
            let most = text::count(MAX_CLASSIFIED);
            (HashMap::new(), Some(format!("more than {most} dead letters: all of them count")))
        }
        Err(error) => (HashMap::new(), Some(format!("not read, all dead letters count: {error}"))),
    };
    let today = TimeZone::UTC.to_datetime(context.now()).date();
    let group = |entry: &Acknowledgement| {
        let GroupCounts { jobs, last_hour, hour_before } =
            counts.get(&entry.group).copied().unwrap_or_default();
        let is_current = today <= entry.expires;
        AcknowledgedGroup { entry: entry.clone(), jobs, last_hour, hour_before, is_current }
    };
    Some(AcknowledgedDead { groups: entries.into_iter().map(group).collect(), not_applied })
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
