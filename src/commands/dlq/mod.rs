//! `dlq`: lists and shows dead letters, and requeues them.

pub(crate) mod ack;
pub(crate) mod filter;
pub(crate) mod follow;
pub(crate) mod given_up;
pub(crate) mod groups;
pub(crate) mod list;
pub(crate) mod ops;
pub(crate) mod requeue;
pub(crate) mod show;
pub(crate) mod stream;
mod target;
pub(crate) mod undo;
mod wrong_type;
