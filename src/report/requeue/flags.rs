//! The flags of suggested commands that apply a plan or resume an operation with the same options.

use std::time::Duration;

use super::RequeuePlanView;
use crate::facts::canary::Canary;
use crate::facts::throttle::Throttle;
use crate::permit;

/// Returns the flags that apply a plan with the options of its preview. The plan stores the jobs,
/// but neither the canary, the rate limit nor the reason.
pub(crate) fn plan_flags(view: &RequeuePlanView<'_>) -> Vec<String> {
    [canary_and_rate(view), confirmation(view, view.plan.ids.len() as u64, true)].concat()
}

/// Returns the flags that resume an operation with `jobs` jobs left. The operation stores the
/// reason.
pub(crate) fn resume_flags(view: &RequeuePlanView<'_>, jobs: u64) -> Vec<String> {
    [canary_and_rate(view), confirmation(view, jobs, false)].concat()
}

/// Returns the flags of the canary and of the rate limit.
fn canary_and_rate(view: &RequeuePlanView<'_>) -> Vec<String> {
    let mut flags = Vec::new();
    let mut flag = |name: &str, value: Option<String>| {
        flags.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    if let Some(Canary { batch_sizes, timeout, is_timeout_given, stop_at }) = &view.canary {
        let defaults = Canary::default();
        let is_own_ramp = *batch_sizes != defaults.batch_sizes;
        flag("--ramp", is_own_ramp.then(|| batch_sizes.to_string()));
        // A timeout that follows from the backlog is estimated again.
        flag("--canary-timeout", is_timeout_given.then(|| duration_flag(*timeout)));
        flag("--stop-at", (*stop_at != defaults.stop_at).then(|| format!("{stop_at}%")));
    }
    let Throttle { rate, spread, pause_above } = &view.throttle;
    flag("--rate", rate.map(rate_flag));
    flag("--spread", spread.map(duration_flag));
    flag("--pause-above", pause_above.map(|limit| limit.to_string()));
    let canary = view.canary.is_some().then(|| "--canary".to_owned());
    canary.into_iter().chain(flags).collect()
}

/// Formats a duration in the largest unit in which it is a whole number: `30m`.
fn duration_flag(duration: Duration) -> String {
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let millis = duration.as_millis();
    let largest = units.into_iter().find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit));
    largest.map_or_else(|| format!("{millis}ms"), |(unit, name)| format!("{}{name}", millis / unit))
}

/// Formats a rate in jobs per second in the largest unit in which it is a whole number: `20/m`.
fn rate_flag(rate: f64) -> String {
    let in_unit = |(unit, seconds): (&str, f64)| {
        let jobs = rate * seconds;
        ((jobs - jobs.round()).abs() < 1e-6).then(|| format!("{}/{unit}", jobs.round()))
    };
    let units = [("s", 1.0), ("m", 60.0)];
    units.into_iter().find_map(in_unit).unwrap_or_else(|| format!("{:.0}/h", rate * 3_600.0))
}

/// Returns the confirmation flags that the write will need. A reason that the operation already
/// stores is only repeated if `with_reason` is set.
fn confirmation(view: &RequeuePlanView<'_>, jobs: u64, with_reason: bool) -> Vec<String> {
    match view.reason {
        Some(_) if !with_reason => permit::confirm_flag(view.protected),
        reason => permit::flags(view.protected, jobs, reason),
    }
}
