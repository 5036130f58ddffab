//! All input and output of facts: PostgreSQL, HTTP, TLS, local files and test scripts.
//!
//! Functions of this room read from or write to the outside and return types of `facts`.

pub mod files;
pub mod http;
pub mod postgres;
pub mod test_run;
pub(crate) mod tls;
