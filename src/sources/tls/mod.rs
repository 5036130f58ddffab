//! TODO header

pub(crate) mod expired_ca;
pub(crate) mod http_errors;
pub(crate) mod postgres_errors;
pub(crate) mod sslmode;
