//! cliplyctl
pub mod checks;
pub mod facts;
