//! Checks of an environment: schema, template, values and source code are compared with each other.

mod ambient;
mod booleans;
mod copy;
mod dollars;
mod drift;
mod exposure;
mod formatting;
mod jwt;
mod secret_names;
mod secrets;
mod similar;
mod sources;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod undeclared;
mod unused;
mod values;
mod vendors;

pub(crate) use drift::{drift, template_name};
pub(crate) use similar::did_you_mean;
pub(crate) use template::CHECK as TEMPLATE;
pub(crate) use values::{in_force, variables};

use super::Check;
use crate::zod::model::Environment;

/// Every check of an environment. A check without its input, such as the template, has no findings.
pub(crate) const ALL: [Check<Environment>; 9] = [
    template::CHECK,
    copy::CHECK,
    secrets::CHECK,
    formatting::CHECK,
    values::CHECK,
    exposure::CHECK,
    sources::CHECK,
    undeclared::CHECK,
    unused::CHECK,
];
