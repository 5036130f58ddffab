//! A private world to try the tool in: a throwaway PostgreSQL server, an app that speaks the real
//! shapes, workers, and an incident. The integration tests stand on the same server.

mod app;
pub mod backend;
pub mod binaries;
mod context_file;
pub mod fix;
mod project;
mod running_demo;
pub mod scenario;
pub mod server;
mod workers;

pub use context_file::Announcement;
pub use running_demo::RunningDemo;
