//! Access rules: what grants, policies and function bodies allow, computed from the catalog.
//!
//! - `compute` combines grants and policies into the access of a role to a table.
//! - `expression` normalizes and evaluates the expressions of policies.
//! - `body` finds the tables that functions read and write.
//! - `write_contract` creates a contract from the current access.
//!
//! The room does no IO and imports `facts` only.

pub(crate) mod body;
pub(crate) mod compute;
pub(crate) mod expression;
pub(crate) mod write_contract;
