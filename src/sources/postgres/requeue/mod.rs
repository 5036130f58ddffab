//! All SQL that writes to jobs: requeue, undo and rescue, and the queries that prepare a write.
//!
//! [`Writer`] runs [`statements`] in short write transactions and accounts for every job. Rules: the
//! UPDATE repeats its guard on the target row; a job and its event are committed together; no
//! transaction is open during a pause; results come from what the database returns.

mod columns;
mod copies;
mod declared;
mod declared_row;
pub(crate) mod event_position;
pub(crate) mod journal;
pub(crate) mod operation_events;
mod operation_sql;
pub(crate) mod ops;
mod package_rescue;
pub(crate) mod plan_query;
pub(crate) mod preconditions;
mod reconcile;
pub(crate) mod repeat_failures;
pub(crate) mod rescue;
pub(crate) mod running;
mod state_rows;
pub(crate) mod statements;
pub(crate) mod stored;
pub(crate) mod unique;
mod write_transaction;
mod writer;

pub(crate) use columns::RequeueColumns;
pub(crate) use declared::obstacle as write_obstacle;
pub(crate) use writer::{WriteInput, Writer};
