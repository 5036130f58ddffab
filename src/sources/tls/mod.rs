//! TLS for PostgreSQL and HTTPS connections: certificate verification per sslmode, detection of expired
//! CA certificates, and explanations of failed handshakes.

pub(crate) mod expired_ca;
pub(crate) mod http_errors;
mod key_type;
mod pem;
pub(crate) mod postgres_errors;
pub(crate) mod sslmode;
