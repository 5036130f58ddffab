//! Workers that stopped, processes that failed, and work that took too long.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{Internal, Resources};
use SafeToRetry::{AfterFix, Yes};

const NO_WORD: &str = "No attempt recorded an error: its worker was killed or stopped its heartbeat, often for memory. See its events for the worker, restart it, then requeue a canary.";
const LIMIT: &str = "The work took longer than its limit: look at load, the size of the input and the limit before requeueing a canary.";

pub(super) const UNRESPONSIVE: Advice = rule(
    Internal,
    AfterFix,
    NO_WORD,
    &["no error text", "more than allowable limit"],
);

pub(super) const STALLED: Advice = rule(
    Internal,
    Yes,
    "The worker stopped or stalled, and may have lost the job to another one: see its log and memory at that time, and whether clocks differ, before requeueing many.",
    &[
        "heartbeat", "lost lease", "lease lost", "lost its lease", "lock for job", "lock lost",
        "fenced", "part of an active group",
    ],
);

pub(super) const RENDER_TIME: Advice = rule(
    Resources,
    AfterFix,
    "Rendering takes longer than allowed: see load and memory of the workers and the size of the source before requeueing.",
    &["ffmpeg timed out"],
);

pub(super) const STOPPED: Advice = rule(
    Resources,
    Yes,
    "Stopped from outside, by a deploy in most cases: requeue; if it continues, lengthen the grace period of shutdown.",
    &["SIGTERM", "exit 143", "signal 15", "InterruptedException", "shutdown", "shutting down"],
);

pub(super) const TIME_LIMIT: Advice = rule(
    Resources,
    AfterFix,
    LIMIT,
    &["execution time", "time limit", "too many times", "timed out", "timeout"],
);

pub(super) const FAILED: Advice = rule(
    Internal,
    AfterFix,
    "The process failed: its log says why; fix that before requeueing a canary.",
    &["exit", "crashed", "died", "abruptly"],
);
