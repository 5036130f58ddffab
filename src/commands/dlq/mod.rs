//! The dead-letter desk.

pub mod list;
pub mod ops;
mod plan;
pub mod requeue;
pub mod undo;
mod write;
