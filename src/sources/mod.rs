//! The only IO: every fact enters the program through here.

pub mod access_report;
pub mod contract;
pub mod env_code;
pub mod env_file;
pub mod env_schema;
pub mod expired_ca;
pub mod exporter;
pub mod history;
pub mod http;
pub mod ids;
pub mod local_store;
pub mod postgres;
mod read_limited;
pub mod saved_triage;
pub mod service;
pub mod test_run;
