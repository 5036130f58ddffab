//! Text for people that can contain commands.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use super::{ShellCommand, TargetFlags};

/// Text that can contain commands, such as a hint: `list them: cliplyctl dlq ops`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredText", from = "StoredText")]
pub struct CommandText(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Text(String),
    Command(ShellCommand),
}

/// A text in a file: a string if it contains no command.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredText {
    Text(String),
    Parts(Vec<Part>),
}

impl CommandText {
    /// Creates a text that ends with a command: `list them: cliplyctl dlq ops`.
    pub fn to(purpose: impl Display, command: ShellCommand) -> Self {
        Self::from(format!("{purpose}: ")).command(command)
    }

    /// Creates a text that refers to a command: `see cliplyctl jobs show 1`.
    pub fn see(command: ShellCommand) -> Self {
        Self::from("see ").command(command)
    }

    /// Adds a command.
    #[must_use]
    pub fn command(mut self, command: ShellCommand) -> Self {
        self.0.push(Part::Command(command));
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Text(text.into()));
        self
    }

    /// Adds another text.
    #[must_use]
    pub fn append(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether it contains a command.
    pub fn has_command(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Command(_)))
    }

    /// Adds the flags that select the target of this run to its commands.
    pub fn address(&mut self, flags: &TargetFlags) {
        for part in &mut self.0 {
            if let Part::Command(command) = part {
                command.address(flags);
            }
        }
    }

    /// Changes the text around its commands.
    pub fn change_text(&mut self, change: impl Fn(&mut String)) {
        for part in &mut self.0 {
            if let Part::Text(text) = part {
                change(text);
            }
        }
    }
}

impl Display for CommandText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Command(command) => command.fmt(f),
        })
    }
}

impl From<&str> for CommandText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<&String> for CommandText {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

impl From<String> for CommandText {
    fn from(text: String) -> Self {
        Self(vec![Part::Text(text)])
    }
}

impl From<ShellCommand> for CommandText {
    fn from(command: ShellCommand) -> Self {
        Self(vec![Part::Command(command)])
    }
}

impl From<CommandText> for StoredText {
    fn from(text: CommandText) -> Self {
        if text.has_command() { Self::Parts(text.0) } else { Self::Text(text.to_string()) }
    }
}

impl From<StoredText> for CommandText {
    fn from(stored: StoredText) -> Self {
        match stored {
            StoredText::Text(text) => text.into(),
            StoredText::Parts(parts) => Self(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_get_the_target_flags() {
        let list = || ShellCommand::new("dlq ops");
        let hint = CommandText::to("cliplyctl lists them", list()).text("; then ").command(list());
        let expected = "cliplyctl lists them: cliplyctl -c a dlq ops; then cliplyctl -c a dlq ops";
        let addressed = |mut text: CommandText| {
            text.address(&TargetFlags::for_context("a"));
            text.to_string()
        };
        assert_eq!(addressed(hint), expected);
        let untrusted = CommandText::from("see cliplyctl queue");
        assert!(!untrusted.has_command());
        assert_eq!(addressed(untrusted), "see cliplyctl queue");
    }

    #[test]
    fn stored_text_keeps_its_commands() {
        let plain = CommandText::from("check the name");
        assert_eq!(serde_json::to_string(&plain).unwrap(), "\"check the name\"");
        for text in [plain, CommandText::see(ShellCommand::new("jobs show").arg("a b"))] {
            let stored = serde_json::to_string(&text).unwrap();
            assert_eq!(serde_json::from_str::<CommandText>(&stored).unwrap(), text, "{stored}");
        }
    }
}
