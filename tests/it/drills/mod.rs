//! Faults on purpose, small here and in full by `scripts/drill`; [`crate::support::drill`] says how
//! large, and `scripts/drills` lists them all.

mod large;
mod random;
