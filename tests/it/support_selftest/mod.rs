//! Tests of the test support.

mod cli;
mod fixtures;
mod http;
mod postgres;
mod pty;
mod readiness;
mod server;
mod standby;
