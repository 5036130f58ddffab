//! Plain data about the backend. No IO, and nothing of the crate but itself.

pub mod fingerprint;
