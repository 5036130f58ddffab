//! `cliplyctl`: walks the ops runbook of a Postgres-backed job system.
//!
//! One sentence: SQL and HTTP gather facts; pure Rust judges them; one painter renders the report.
//!
//! ```text
//! args → settings → context → sources (the only IO) → facts → checks → report → render
//! ```

pub mod checks;
pub mod demo;
pub mod error;
pub mod exit;
pub mod facts;
pub mod render;
pub mod report;
pub mod settings;
pub mod sources;
