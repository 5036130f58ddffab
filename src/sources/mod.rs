//! The only IO: facts come from here.

pub mod http;
pub mod service;
