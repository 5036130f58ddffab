//! TODO header

pub mod access_report;
pub mod contract;
pub mod history;
pub mod ids;
pub mod local_store;
pub mod read_limited;
pub mod saved_triage;
