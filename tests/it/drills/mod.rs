//! Fault injection. The test suite runs the drills in a small size, `scripts/drill` in full size.
//!
//! [`crate::support::drill`] has the sizes, and `scripts/drills` lists all drills.

mod connection_cut;
mod disk;
mod large;
mod locks;
mod operators;
mod random;
mod reported_vs_database;
mod timeouts;
mod undo;
mod workers;
