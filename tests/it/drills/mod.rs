//! Faults on purpose, small here and in full by `scripts/drill`; [`crate::support::drill`] says how
//! large, and `scripts/drills` lists them all.

mod cut;
mod disk;
mod large;
mod locks;
mod operators;
mod random;
mod timeouts;
mod truth;
mod undo;
mod workers;
