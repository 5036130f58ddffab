//! Disk, memory, file handles, processes and connections.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::Resources;
use SafeToRetry::AfterFix;

const CLEAR: &str = "The disk is full: clear temporary files or enlarge it before requeueing.";

pub(super) const DISK: Advice = rule(
    Resources,
    AfterFix,
    CLEAR,
    &[
        "flood-stage", "disk quota exceeded", "disk is full", "errno 30", "EROFS",
        "Read-only file system",
    ],
);

pub(super) const STORAGE: Advice = rule(
    Resources,
    AfterFix,
    "The disk or volume returned an error: check it and the kernel log before requeueing.",
    &["errno 5", "EIO", "Input/output error"],
);

pub(super) const MEMORY: Advice = rule(
    Resources,
    AfterFix,
    "Out of memory: requeue a canary with more memory or less concurrency; a very large input fails again.",
    &[
        "out of memory", "memory limit", "Allowed memory size", "cache resources exhausted",
        "OOM command not allowed", "OOMKilled", "ENOMEM", "errno 12", "cannot allocate",
        "Unable to allocate", "MemoryError", "exit 137", "SIGKILL", "signal 9", "signal: killed",
        "low on resource",
    ],
);

pub(super) const NO_SPACE: Advice = rule(
    Resources,
    AfterFix,
    CLEAR,
    &[
        "ENOSPC", "errno 28", "No space left on device", "There is not enough space on the disk",
        "unable to extend",
    ],
);

pub(super) const STATUS_DISK: Advice = rule(Resources, AfterFix, CLEAR, &["HTTP 507"]);

pub(super) const FILE_HANDLES: Advice = rule(
    Resources,
    AfterFix,
    "Out of file handles: a leak or a low limit; restart the workers, raise ulimit -n, then requeue.",
    &["EMFILE", "Too many open files"],
);

pub(super) const PROCESSES: Advice = rule(
    Resources,
    AfterFix,
    "Out of processes: check the limits and the concurrency of the workers before requeueing.",
    &["EAGAIN"],
);

pub(super) const POOL: Advice = rule(
    Resources,
    AfterFix,
    "Out of database connections: check pool sizes and worker count, then requeue with --rate.",
    &[
        "too many clients", "too many connections", "connection slots are reserved",
        "dropped from queue", "max clients reached", "from the connection pool", "from the pool",
        "pool exhausted", "pool timed out", "QueuePool limit", "Connection is not available",
    ],
);
