//! A private world to try the tool in: a throwaway PostgreSQL server, an app that speaks the real
//! shapes, workers, and an incident. The integration tests stand on the same server.

mod announcement;
mod app;
pub mod backend;
pub mod binaries;
pub mod fix;
mod project;
pub mod scenario;
pub mod server;
mod workers;
mod world;

pub use announcement::Announcement;
pub use world::RunningDemo;
