//! TODO header

pub(crate) mod body;
pub(crate) mod compute;
pub(crate) mod expression;
pub(crate) mod write_contract;
