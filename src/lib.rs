//! `cliplyctl`: an operator CLI for a Postgres-backed job queue and its app.
//!
//! SQL and HTTP gather facts, pure Rust evaluates them, and one renderer prints the report:
//!
//! ```text
//! args → settings → context → sources (the only IO) → facts → checks → report → render
//! ```
//!
//! Ground rules:
//!
//! - What cannot be read is UNKNOWN, never OK. A failed read is a fact with its error.
//! - The database may have any variant of the backend's schema, so its catalog is read first.
//! - Reads are limited in time, rows and bytes. Writes need a plan and a confirmation.
//! - Output contains no secrets, and no control characters from untrusted text.
//! - Only [`settings`] reads the environment, only [`context`] reads the clock, and only [`terminal`]
//!   prints.

#![warn(unreachable_pub)]

mod access;
pub mod advice;
mod app;
pub mod checks;
pub mod cli;
mod commands;
mod context;
pub mod demo;
pub mod dsn;
mod error;
pub mod exit;
pub mod facts;
pub mod fingerprint;
mod history;
mod interrupt;
mod name_words;
mod permit;
pub mod queue;
mod redact;
pub mod render;
pub mod report;
mod requeue;
pub mod settings;
pub mod sources;
pub mod suggest;
pub mod terminal;
pub mod text;
pub mod triage;
pub mod watch;
pub mod zod;

/// Parses the arguments, runs the command, prints its report and returns the exit code.
#[must_use]
pub fn run() -> exit::ExitCode {
    app::run()
}
