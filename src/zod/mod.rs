//! TODO header

pub mod code;
pub mod env_file;
pub mod evaluate;
pub mod model;
pub mod schema;
