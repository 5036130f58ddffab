//! The only IO: every fact enters the program through here.

pub mod files;
pub mod http;
pub mod postgres;
pub mod test_run;
pub(crate) mod tls;
