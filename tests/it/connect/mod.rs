//! Tests of database connections: every supported way to connect, and the error of each failure.

mod addresses;
mod certificates;
mod passwords;
mod pool_reuse;
pub mod pooler;
mod reading;
pub mod secured_server;
mod standby;
mod unresponsive_server;
