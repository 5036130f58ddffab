//! A private world to try the tool in: a throwaway PostgreSQL server that leaves nothing behind.
//! The integration tests stand on the same server.

pub mod binaries;
pub mod server;
