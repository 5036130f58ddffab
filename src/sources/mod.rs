//! The only IO: every fact enters the program through here.

pub mod postgres;
//! The only IO: facts come from here.
pub mod http;
pub mod service;
