//! The dashboard without screen and sources: a model that keys and polls update.
//!
//! ```text
//! poll, key, second → update(model) → action;  model → render::watch → screen
//! ```
//!
//! Values older than the latest poll keep their time and are rendered as stale, so that an old
//! number is never mistaken for a current one.

pub(crate) mod command;
mod keys;
mod model;
pub(crate) mod row_command;
mod rows;
mod severity;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trend;
mod update;

pub(crate) use command::text as command_text;
pub(crate) use keys::{Action, kind_choices, press};
#[cfg(test)]
pub(crate) use model::Detail;
pub(crate) use model::{DashboardUpdate, Model, Overlay, Panel, Target, Timestamped, TrendPoint};
pub(crate) use rows::{
    CauseRow, causes, count as rows, kinds, operations, sort_order, stuck, total,
};
pub(crate) use severity::{
    GroupState, group_state, kind_status, metric_status, operation_status, stuck_status,
};
pub(crate) use trend::{lines, series};
