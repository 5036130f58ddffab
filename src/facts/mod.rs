//! Plain data about the world, without IO and without opinions.
//!
//! Facts import nothing else of the crate. Sources fill them, checks judge them.

pub mod dead_letter;
pub mod environment;
pub mod finding;
pub mod fingerprint;
pub mod group;
pub mod layout;
pub mod limits;
pub mod observed;
pub mod queue;
pub mod selection;
pub mod service;
pub mod verdict;

pub use finding::{Evidence, Finding, Section, Value};
pub use fingerprint::Fingerprint;
pub use limits::{Limit, Limits};
pub use observed::{Observed, SourceError, SourceErrorKind};
pub use verdict::Verdict;
