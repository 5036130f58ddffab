//! The dead-letter desk.

pub mod export;
mod filter;
pub mod groups;
pub mod list;
pub mod ops;
mod plan;
pub mod requeue;
pub mod show;
pub mod undo;
pub(super) mod write;
