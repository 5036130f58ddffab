//! TODO header

pub(crate) mod canary;
pub(crate) mod execute;
pub(crate) mod follow;
pub(crate) mod job_outcome;
pub(crate) mod job_tracker;
pub(crate) mod plan;
pub(crate) mod throttle;
