//! `cliplyctl`: walks the ops runbook of a Postgres-backed job system.
//!
//! One sentence: SQL and HTTP gather facts; pure Rust judges them; one painter renders the report.
//!
//! ```text
//! args → settings → context → sources (the only IO) → facts → checks → report → render
//! ```
//!
//! Ground rules:
//!
//! - What could not be read is UNKNOWN, never OK; the failure of a reading is itself a fact.
//! - The database may be any variant of the backend's schema: introspect, never assume.
//! - Reads are bounded in time, rows and bytes. Writes need a plan and consent.
//! - Secrets never reach an output. Text from outside never drives the terminal.
//! - The environment is read in [`settings`] alone, the clock in [`context`] alone, and only
//!   [`terminal`] prints.

mod access;
mod advice;
mod app;
pub mod checks;
pub mod cli;
mod commands;
pub mod context;
pub mod demo;
pub mod dsn;
pub mod error;
pub mod exit;
pub mod facts;
pub mod fingerprint;
pub mod history;
pub mod interrupt;
pub mod permit;
pub mod queue;
mod redact;
pub mod render;
pub mod report;
mod requeue;
pub mod settings;
pub mod sources;
pub mod terminal;
pub mod text;
pub mod triage;
pub mod watch;
pub mod zod;

/// Runs the process: parses the arguments, runs the command, prints its report; returns the exit code.
#[must_use]
pub fn run() -> exit::ExitCode {
    app::run()
}
