//! Faults on purpose, small here and in full by `scripts/drill`; [`crate::support::drill`] says how
//! large, and `scripts/drills` lists them all.

mod cut;
mod operators;
mod random;
mod truth;
mod undo;
mod workers;
