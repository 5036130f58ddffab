//! Suggested commands. Operators paste them, and their arguments can come from a database or from a file of a
//! checkout: this module is the only one that puts an argument into a command, and it quotes each one.

use std::borrow::Cow;
use std::fmt::{self, Display};

/// A command of this program, with every argument quoted for the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShellCommand(String);

impl ShellCommand {
    /// Creates a command of its verbs and fixed flags: `dlq follow`.
    pub(crate) fn new(words: &'static str) -> Self {
        Self(format!("cliplyctl {words}").trim_end().to_owned())
    }

    /// Adds an argument.
    #[must_use]
    pub(crate) fn arg(mut self, argument: impl Display) -> Self {
        self.0.push(' ');
        self.0.push_str(&quote(&argument.to_string()));
        self
    }

    /// Adds flags whose values are quoted already; they begin with a space unless they are empty.
    #[must_use]
    pub(crate) fn flags(mut self, flags: impl AsRef<str>) -> Self {
        self.0.push_str(flags.as_ref());
        self
    }
}

impl Display for ShellCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ShellCommand> for String {
    fn from(command: ShellCommand) -> Self {
        command.0
    }
}

/// Quotes an argument for the shell if it needs quotes.
pub(crate) fn quote(argument: &str) -> Cow<'_, str> {
    shell_words::quote(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_code_in_an_argument_is_quoted() {
        for argument in
            ["rq-1; touch x", "$(id)", "`id`", "a'b", "two words", "a\nb", "*", "~", "", "#"]
        {
            let command = ShellCommand::new("dlq follow").arg(argument).to_string();
            let words = shell_words::split(&command).unwrap();
            assert_eq!(words, ["cliplyctl", "dlq", "follow", argument], "{command}");
        }
        let plain = ShellCommand::new("dlq show").arg("00000000-0000-4000-8000-000000000401");
        assert_eq!(plain.to_string(), "cliplyctl dlq show 00000000-0000-4000-8000-000000000401");
    }
}
