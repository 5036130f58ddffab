//! The only IO: every fact enters the program through here.

pub mod access_report;
pub mod authority;
mod bounded;
pub mod contract;
pub mod env_code;
pub mod env_file;
pub mod env_schema;
pub mod exporter;
pub mod history;
pub mod http;
pub mod ids;
pub mod postgres;
pub mod saved;
pub mod service;
pub mod state;
pub mod test_run;
