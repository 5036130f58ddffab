//! The worker's settings, tools, files and clock.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::Internal;
use SafeToRetry::AfterFix;

const COMPLETE: &str = "The worker's environment is incomplete: compare with .env.example (env check), redeploy, then requeue.";

pub(super) const NO_CREDENTIALS: Advice = rule(
    Internal,
    AfterFix,
    COMPLETE,
    &["get credentials", "load credentials", "locate credentials"],
);

pub(super) const CLOCK: Advice = rule(
    Internal,
    AfterFix,
    "The clock of the worker is wrong: synchronize it, then requeue.",
    &["RequestTimeTooSkewed"],
);

pub(super) const SETTINGS: Advice = rule(
    Internal,
    AfterFix,
    COMPLETE,
    &["environment variable", "CreateContainerConfigError", "Bucket not found"],
);

pub(super) const TOOL: Advice = rule(
    Internal,
    AfterFix,
    "The worker's image lacks a tool, library or codec: rebuild and redeploy it, then requeue a canary.",
    &[
        "spawn", "unknown encoder", "no such filter", "unrecognized option", "cannot find module",
        "cannot find package", "no module named", "shared libraries", "not installed", "valid font",
        "no capable devices", "CUDA error", "cuDNN error", "ImportError", "class not found",
        "ErrImagePull", "ImagePullBackOff", "decode delegate", "security policy",
        "executable file not found", "exec format error", "command not found",
        "session not created", "no usable sandbox",
    ],
);

pub(super) const FILE_IN_USE: Advice = rule(
    Internal,
    AfterFix,
    "Another process holds the file or the port: find it before requeueing.",
    &["used by another process", "already in use"],
);

pub(super) const NO_FILE: Advice = rule(
    Internal,
    AfterFix,
    "A file of the job is missing: check the previous step and the clean-up of temporary files.",
    &["ENOENT", "no such file or directory"],
);

/// Files that a tool cannot open, in general words.
pub(super) const CANNOT_OPEN: Advice = rule(
    Internal,
    AfterFix,
    "A file could not be read: check whether it belongs to the job or to the image, and which step creates it.",
    &[
        "failed to open", "could not open", "cannot open", "unable to open", "error opening",
        "failed to load", "could not be loaded", "is a directory",
    ],
);
