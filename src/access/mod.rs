//! Access rules: what grants, policies and function bodies allow, computed from the catalog.
//!
//! - `policies` combines policies as PostgreSQL does.
//! - `compute` combines grants, policies and the server's answers into the access of a role to a table.
//! - `admits` tells what single policies and identities admit.
//! - `expression` normalizes the text of policies.
//! - `paths` follows views, functions and rules around row security; `path_uses` lists what
//!   roles do at their end; `caller` tells whether SQL tests who calls.
//! - `caller_free` finds conditions that hold whoever calls, `open_writes` the writes that they allow.
//! - `triggers` finds the triggers that a command fires, also through partitions and foreign keys.
//! - `rights` finds the tables that policies read for rights, `self_grants` the rights that users give to themselves there,
//!   `substitute` puts other rows in place of such a table.
//! - `tokens` splits SQL, `body` finds the tables that functions read and write.
//! - `write_contract` creates a contract from the current access.
//!
//! The room does no IO and imports `facts` only.

pub(crate) mod admits;
pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod caller_free;
pub(crate) mod compute;
pub(crate) mod expression;
pub(crate) mod open_writes;
pub(crate) mod path_uses;
pub(crate) mod paths;
pub(crate) mod policies;
pub(crate) mod rights;
pub(crate) mod self_grants;
pub(crate) mod substitute;
mod tokens;
pub(crate) mod triggers;
pub(crate) mod write_contract;
