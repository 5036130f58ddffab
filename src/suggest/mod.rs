//! Suggested commands as data, and text that contains them. A command gets the flags that select its target once,
//! when it is printed, and quotes its arguments then: no other module formats a command or reads one from a text.

mod command_text;
mod shell_command;
mod target_flags;

pub use command_text::CommandText;
pub use shell_command::ShellCommand;
pub(crate) use shell_command::quote;
pub use target_flags::TargetFlags;
