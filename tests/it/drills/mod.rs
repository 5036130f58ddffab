//! Faults on purpose, small here and in full by `scripts/drill`; [`crate::support::drill`] says how
//! large, and `scripts/drills` lists them all.

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
