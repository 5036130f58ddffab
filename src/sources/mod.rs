//! The only IO: everything here reads something and hands back facts.

pub mod env_file;
pub mod env_schema;
