//! The only IO: every fact enters the program through here.

pub mod postgres;
