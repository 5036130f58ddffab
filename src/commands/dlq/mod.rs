//! The dead-letter desk.

mod filter;
pub mod groups;
pub mod list;
