//! Reads TypeScript environment schemas written with zod, `.env` files, and code that reads the environment.
//!
//! - [`schema`] reads the rules of a schema from its source text.
//! - [`env_file`] parses `.env` files as Node's dotenv does and inserts missing keys into templates.
//! - `code` finds the uses of keys in source files.
//! - [`evaluate`] evaluates values against the rules as zod 3 and zod 4 do.
//! - [`model`] contains the data types of all of them.
//! - `engine` runs the functions of a schema, without access to anything outside of them.
//! - `typescript` parses source text within limits, `erase` makes JavaScript of it.
//!
//! This room imports no other room and does no file IO: callers pass texts, and functions that read files.

pub(crate) mod code;
pub mod engine;
pub mod env_file;
mod erase;
pub mod evaluate;
pub mod model;
pub mod schema;
mod typescript;

pub(crate) use typescript::STACK_BYTES;
