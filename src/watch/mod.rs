//! The dashboard without screen and sources: a model that keys and polls update.
//!
//! ```text
//! poll, key, second → update(model) → action;  model → render::watch → screen
//! ```
//!
//! Values older than the latest poll keep their time and are rendered as stale, so that an old
//! number is never mistaken for a current one. This room may import `facts`, `terminal::KeyPress`
//! and `text`.

mod command;
mod keys;
mod model;
mod rows;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use command::{requeue, selected as selected_command};
pub use keys::{Action, kind_choices, press};
pub use model::{DashboardUpdate, Model, Overlay, Panel, Timestamped, TrendPoint};
pub use rows::{CauseRow, Sort, causes, kinds, operations, sort_order, stuck};
