//! The demo: a throwaway PostgreSQL server with a simulated app, simulated workers and an incident.
//!
//! [`RunningDemo`] starts all of it from a [`scenario::Scenario`]; [`Announcement`] lets `-c demo`
//! find it. The integration tests use the same server.

mod app;
pub mod backend;
pub mod binaries;
mod context_file;
pub(crate) mod fix;
mod project;
mod running_demo;
pub(crate) mod scenario;
pub mod server;
mod workers;

pub(crate) use context_file::Announcement;
pub(crate) use running_demo::RunningDemo;
