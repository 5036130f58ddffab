//! Every way to a database that an operator may have: what works, and what is said when it does not.

mod addresses;
mod certificates;
mod passwords;
mod pool_reuse;
pub mod pooler;
mod reading;
pub mod secured_server;
mod standby;
mod unresponsive_server;
