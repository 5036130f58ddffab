//! The only IO: every fact enters the program through here.

pub mod postgres;
//! The only IO: facts come from here.
pub mod http;
pub mod service;
//! The only IO: everything here reads something and hands back facts.
pub mod env_file;
pub mod env_schema;
