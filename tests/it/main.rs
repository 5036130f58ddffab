//! Every integration test, in one program: one link, one PostgreSQL cluster.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod harness;
mod support;
