//! The integration tests, in one program with one PostgreSQL cluster.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the tool's rooms are not ours"
)]

mod completion;
mod connect;
mod declared;
mod demo;
mod distance;
mod dlq;
mod docs;
mod drills;
mod env;
mod every_command;
mod fleet;
mod formats;
mod fuzz;
mod gates;
mod handoff;
mod history;
mod hostile;
mod incident;
mod jobs;
mod narrow;
mod old_names;
mod partitioned;
mod playbooks;
mod postgres;
mod prefixes;
mod queues;
mod requeue;
mod rescue;
mod rls;
mod secrets;
mod service;
mod stored_formats;
mod supabase_grants;
mod support;
mod support_selftest;
mod triage;
mod watch;
mod words;
mod writes;
