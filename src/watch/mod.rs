//! The dashboard without screen and sources: a model that keys and polls update.
//!
//! ```text
//! poll, key, second → update(model) → action;  model → render::watch → screen
//! ```
//!
//! Values older than the latest poll keep their time and are rendered as stale, so that an old
//! number is never mistaken for a current one.

mod command;
mod keys;
mod model;
mod rows;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use keys::{Action, kind_choices, press};
pub(crate) use model::{DashboardUpdate, Model, Overlay, Panel, Timestamped, TrendPoint};
pub(crate) use rows::{CauseRow, causes, kinds, operations, sort_order, stuck};
