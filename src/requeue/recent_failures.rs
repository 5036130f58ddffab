//! Groups that are still failing: which groups of a plan gained dead letters recently, and the guard that asks for
//! a canary then.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::context::Context;
use crate::error::Error;
use crate::facts::group::{DeadLetterGroup, RECENT, RecentFailures};
use crate::facts::requeue::{Plan, PlannedGroup};
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Lifecycle, sql};
use crate::sources::postgres::groups;
use crate::suggest::{CommandText, ShellCommand};
use crate::text::{age, plural};

/// The longest time for the query. After it the counts are lower bounds.
const BUDGET: Duration = Duration::from_secs(5);
/// Up to this many kinds the query reads only the dead letters of the planned ones.
const MAX_KINDS: usize = 50;
/// Age in seconds of the last dead letter up to which `--yes` needs a canary. A group that was quiet for longer may
/// be fixed already, although it is shown as still failing.
const MAX_QUIET: f64 = 300.0;

/// Adds to each group of the plan the dead letters that it gained recently, whether or not the plan contains
/// them. A failed query only makes them unknown.
pub(crate) async fn add(context: &Context, plan: &mut Plan, now: Timestamp) {
    if plan.ids.is_empty() {
        return;
    }
    match read(context, plan, now).await {
        Ok(recent) => {
            for group in &mut plan.groups {
                let found = recent.get(&group.group);
                group.recent = found.and_then(DeadLetterGroup::recent_failures);
                group.is_undated = found.is_some_and(|found| found.dead.known_recent().is_none());
            }
        }
        Err(error) => plan.recent_unknown = Some(error.to_string()),
    }
}

async fn read(
    context: &Context,
    plan: &Plan,
    now: Timestamp,
) -> Result<HashMap<String, DeadLetterGroup>, SourceError> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let mut kinds: Vec<_> = plan.groups.iter().map(|group| group.kind.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    // A job without a kind matches no filter of kinds.
    if kinds.len() > MAX_KINDS || kinds.iter().any(String::is_empty) {
        kinds.clear();
    }
    let since = now.checked_sub(Duration::from_secs_f64(RECENT)).map_err(|error| {
        SourceError::new(SourceErrorKind::Malformed, format!("server time {now}: {error}"))
    })?;
    // Without a time of death the last change is that of the creation, and says nothing.
    let since = layout.dates_deaths().then_some(since);
    let selection = Selection { kinds, since, ..Selection::default() };
    let timeout = context.timeout().min(BUDGET);
    let dead = sql::is_role(layout, Lifecycle::Dead);
    let recent = groups::read(database, layout, &dead, &selection, timeout).await?;
    let recent = recent.groups.into_iter();
    Ok(recent.map(|group| (group.fingerprint.hash.clone(), group)).collect())
}

/// Returns the groups of the plan that are still failing, the largest first.
pub(crate) fn still_failing(plan: &Plan) -> impl Iterator<Item = (&PlannedGroup, RecentFailures)> {
    plan.groups.iter().filter_map(|group| Some((group, group.recent?)))
}

/// Why it is not known whether a group is still failing.
pub(crate) const UNDATED: &str = "no column says since when its jobs are dead";

/// Returns the groups of the plan that may be failing: nothing tells since when their jobs are dead.
pub(crate) fn undated(plan: &Plan) -> impl Iterator<Item = &PlannedGroup> {
    plan.groups.iter().filter(|group| group.is_undated)
}

/// `45 jobs in the last 15m, last 10s ago`
pub(crate) fn describe(recent: RecentFailures) -> String {
    let jobs = plural(recent.jobs, "job", "jobs");
    format!("{jobs} in the last {}, last {} ago", window(), age(recent.last_age))
}

/// Length of the window of recent failures: `15m`.
fn window() -> String {
    crate::text::duration(RECENT)
}

/// Refuses (77) to requeue several jobs of a group at once that fails right now, unless the operator is asked. One
/// job is its own canary. `command` requeues the plan with a canary.
pub(crate) fn refuse_without_canary(
    plan: &Plan,
    command: Option<ShellCommand>,
) -> Result<(), Error> {
    let fails_now = |(group, recent): &(&PlannedGroup, RecentFailures)| {
        group.jobs > 1 && recent.last_age < MAX_QUIET
    };
    let failing = still_failing(plan).find(fails_now).map(|(group, recent)| {
        let recent = describe(recent);
        format!("refused: group {} is still failing ({recent}); --yes needs --canary", group.group)
    });
    let undated = undated(plan).find(|group| group.jobs > 1).map(|group| {
        format!(
            "refused: not known whether group {} is still failing: {UNDATED}; --yes needs --canary",
            group.group
        )
    });
    let Some(message) = failing.or(undated) else { return Ok(()) };
    Err(Error::refused(message).hint(match command {
        Some(command) => CommandText::to("requeue 1 job per group first", command),
        None => "requeue 1 job per group first: add --canary".into(),
    }))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::requeue::tests::plan;

    /// A plan of one group with these recent failures.
    fn failing(jobs: u64, recent: Option<(u64, f64)>) -> Plan {
        let mut plan = plan(jobs);
        plan.groups[0].recent = recent.map(|(jobs, last_age)| RecentFailures { jobs, last_age });
        plan
    }

    #[test]
    fn canary_is_required_for_several_jobs_of_a_failing_group() {
        let code = |jobs, recent| {
            let refused = refuse_without_canary(&failing(jobs, recent), None).err();
            refused.map_or(0, |error| error.exit_code().code())
        };
        assert_eq!(code(45, Some((45, 10.0))), 77);
        assert_eq!(code(2, Some((1, 299.0))), 77);
        assert_eq!(code(1, Some((45, 10.0))), 0, "one job is its own canary");
        assert_eq!(code(45, Some((45, 300.0))), 0, "quiet for 5m");
        assert_eq!(code(45, None), 0, "not failing");
        let mut undated = failing(45, None);
        undated.groups[0].is_undated = true;
        assert!(refuse_without_canary(&undated, None).is_err(), "not known");
        undated.groups[0].jobs = 1;
        assert!(refuse_without_canary(&undated, None).is_ok(), "its own canary");
        let error = refuse_without_canary(&failing(45, Some((45, 10.0))), None).unwrap_err();
        assert!(error.message.contains("45 jobs in the last 15m, last 10s ago"), "{error:?}");
    }
}
