//! The flags of the commands that apply a plan, or go on with what was left: as it was shown.

use std::time::Duration;

use super::RequeuePlanView;
use crate::facts::canary::Canary;
use crate::facts::throttle::Throttle;
use crate::permit;

/// The flags with which a plan is applied as it was shown: it holds the jobs, and neither how
/// carefully they go nor why.
#[must_use]
pub fn plan_flags(facing: &RequeuePlanView<'_>) -> String {
    canary_and_rate(facing) + &confirmation(facing, facing.plan.ids.len() as u64, true)
}

/// The flags with which this many jobs that were left go on as they began. The operation knows why.
#[must_use]
pub fn resume_flags(facing: &RequeuePlanView<'_>, left: u64) -> String {
    canary_and_rate(facing) + &confirmation(facing, left, false)
}

/// How carefully and how fast.
fn canary_and_rate(facing: &RequeuePlanView<'_>) -> String {
    let mut flags = String::new();
    if let Some(Canary { batch_sizes: ramp, timeout, stop_at }) = &facing.canary {
        let usual = Canary::default();
        flags.push_str(" --canary");
        flags.extend((*ramp != usual.batch_sizes).then(|| format!(" --ramp {ramp}")));
        let timeout = (*timeout != usual.timeout).then(|| time(*timeout));
        flags.extend(timeout.map(|timeout| format!(" --canary-timeout {timeout}")));
        flags.extend((*stop_at != usual.stop_at).then(|| format!(" --stop-at {stop_at}%")));
    }
    let Throttle { rate, spread, pause_above } = &facing.throttle;
    flags.extend(rate.map(|rate| format!(" --rate {}", rate_flag(rate))));
    flags.extend(spread.map(|spread| format!(" --spread {}", time(spread))));
    flags.extend(pause_above.map(|most| format!(" --pause-above {most}")));
    flags
}

/// A time in the largest unit in which it is a whole number: `30m`.
fn time(time: Duration) -> String {
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let millis = time.as_millis();
    let whole = units.into_iter().find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{millis}ms"), |(unit, word)| format!("{}{word}", millis / unit))
}

/// Jobs a second in the unit in which they are a whole number.
fn rate_flag(rate: f64) -> String {
    let whole = |(unit, seconds): (&str, f64)| {
        let jobs = rate * seconds;
        ((jobs - jobs.round()).abs() < 1e-6).then(|| format!("{}/{unit}", jobs.round()))
    };
    let units = [("s", 1.0), ("m", 60.0)];
    units.into_iter().find_map(whole).unwrap_or_else(|| format!("{:.0}/h", rate * 3_600.0))
}

/// What the guards of a write would ask for; a reason that is known already is told where asked.
fn confirmation(facing: &RequeuePlanView<'_>, jobs: u64, tell: bool) -> String {
    match facing.reason {
        Some(_) if !tell => permit::confirm_flag(facing.protected),
        reason => permit::flags(facing.protected, jobs, reason),
    }
}
