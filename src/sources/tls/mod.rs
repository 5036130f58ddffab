//! TLS for PostgreSQL and HTTPS connections: certificate verification per sslmode, detection of
//! expired CA certificates, and explanations of failed handshakes.
//!
//! Used by `sources::postgres` and `sources::http`; imports `dsn` and `facts` only.

pub(crate) mod expired_ca;
pub(crate) mod http_errors;
pub(crate) mod postgres_errors;
pub(crate) mod sslmode;
