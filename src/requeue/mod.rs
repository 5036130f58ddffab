//! The engine for all writes to jobs: requeue, undo and rescue.
//!
//! A write goes from a [`Plan`](crate::facts::requeue::Plan) (`plan`) to the confirmation, which yields
//! a [`WritePermit`](crate::permit::WritePermit), to the write transactions of
//! [`sources::postgres::requeue`](crate::sources::postgres::requeue). Around them, `execute` runs the
//! write, `operation` stores its record, `canary` writes in growing batches, `throttle` limits the rate, `job_tracker` and
//! `job_outcome` determine the outcome of each requeued job, `follow` waits until all of them have one, and
//! `recent_failures` finds the groups that are still failing. `rescuer` waits for a package that frees stuck jobs itself.

pub(crate) mod canary;
pub(crate) mod execute;
pub(crate) mod follow;
pub(crate) mod job_outcome;
pub(crate) mod job_tracker;
pub(crate) mod operation;
pub(crate) mod plan;
pub(crate) mod protection;
pub(crate) mod recent_failures;
pub(crate) mod rescue;
pub(crate) mod rescuer;
pub(crate) mod throttle;
pub(crate) mod undo_watch;
