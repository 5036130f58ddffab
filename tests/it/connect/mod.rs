//! Tests of database connections: every supported way to connect, and the error of each failure.

mod abandoned;
mod addresses;
mod certificates;
mod key_types;
mod libpq;
mod limits;
mod passwords;
pub mod platforms;
mod pool_reuse;
pub mod pooler;
mod reading;
pub mod secured_server;
mod standby;
pub mod unresponsive_server;
