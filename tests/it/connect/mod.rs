//! Every way to a database that an operator may have: what works, and what is said when it does not.

mod addresses;
mod certificates;
pub mod ground;
mod passwords;
mod pooled;
pub mod pooler;
mod reading;
mod silence;
mod standby;
