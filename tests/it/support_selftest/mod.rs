//! Proof that the ground the tests stand on holds.

mod cli;
mod fixtures;
mod http;
mod postgres;
mod pty;
mod readiness;
mod server;
mod standby;
