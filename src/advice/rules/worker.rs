//! Workers that stopped, processes that failed, and work that took too long.

use crate::fingerprint::lines;
use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{Internal, Resources};
use SafeToRetry::{AfterFix, Yes};

const NO_WORD: &str = "No attempt recorded an error: the worker was killed or stopped sending heartbeats, often because of memory. See the events for the worker, restart it, then requeue a canary.";
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
    "The worker stopped or stalled, and another one may have claimed the job: check its log, memory and clock before requeueing many jobs.",
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
    "The process was stopped, usually by a deploy: requeue; if this happens again, increase the shutdown grace period.",
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
    "The process failed: see its log, and fix the cause before requeueing a canary.",
    // A file: the words are of foreign messages.
    &lines::<4>(include_str!("process_failed.txt")),
);
