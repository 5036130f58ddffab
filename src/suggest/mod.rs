//! Suggested commands as data, and text that contains them. A command gets the flags that select its target once,
//! when it is printed, and quotes its arguments then: no other module formats a command or reads one from a text.

mod prose;
mod shell_command;
mod target_flags;

pub use prose::Prose;
pub use shell_command::ShellCommand;
pub(crate) use shell_command::quote;
pub use target_flags::TargetFlags;
