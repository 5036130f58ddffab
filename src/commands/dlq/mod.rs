//! The dead-letter desk.

pub mod list;
