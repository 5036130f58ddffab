//! The dashboard without screen and sources: a model, and what a key or a look makes of it.
//!
//! ```text
//! look, key, second → update(model) → effects;  model → render::watch → screen
//! ```
//!
//! What is older than the latest look keeps its time, and is painted as old: a number of then never
//! passes for one of now.

mod command;
mod keys;
mod model;
mod rows;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use command::{requeue, selected as selected_command};
pub use keys::{Action, choices, press};
pub use model::{DashboardUpdate, Model, Overlay, Panel, Timestamped, TrendPoint};
pub use rows::{CauseRow, Sort, causes, kinds, operations, sort_of, stuck};
