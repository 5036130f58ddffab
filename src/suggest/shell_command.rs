//! Suggested commands. Operators paste them, and their arguments can come from a database or from a file of a
//! checkout: this module is the only one that prints a command, and it quotes each argument.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use super::TargetFlags;

/// The name of this program.
const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// A command of this program: its verbs and fixed flags, its arguments, and what it is run on.
#[derive(Debug, Clone, Serialize)]
#[serde(into = "StoredCommand")]
pub struct ShellCommand {
    /// Words of the source code, separated by spaces, which need no quotes.
    words: &'static str,
    /// The words after them.
    arguments: Vec<String>,
    /// The flags that select the target; `None` for commands that take none of them, like `demo`.
    target: Option<TargetFlags>,
}

impl ShellCommand {
    /// Creates a command of its verbs and fixed flags: `dlq follow`.
    pub const fn new(words: &'static str) -> Self {
        Self { words, arguments: Vec::new(), target: Some(TargetFlags::NONE) }
    }

    /// Creates a command that has a target of its own, like `demo`.
    pub const fn without_target(words: &'static str) -> Self {
        Self { words, arguments: Vec::new(), target: None }
    }

    /// Makes it a command of the given context, which can be another one than that of this run; not if it has a
    /// target of its own.
    #[must_use]
    pub fn in_context(self, name: &str) -> Self {
        Self { target: self.target.map(|_| TargetFlags::for_context(name)), ..self }
    }

    /// Adds an argument or a flag.
    #[must_use]
    pub fn arg(mut self, argument: impl Display) -> Self {
        self.arguments.push(argument.to_string());
        self
    }

    /// Adds arguments or flags.
    #[must_use]
    pub fn args<T: Display>(self, arguments: impl IntoIterator<Item = T>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Adds the flags that select the target of this run, unless it has its own.
    pub fn address(&mut self, flags: &TargetFlags) {
        if let Some(target) = &mut self.target {
            target.add(flags);
        }
    }

    /// Returns the command with the flags that select the target of this run.
    #[must_use]
    pub fn addressed(mut self, flags: &TargetFlags) -> Self {
        self.address(flags);
        self
    }

    /// Returns all words after the name of the program and the flags of the target.
    pub fn argv(&self) -> impl Iterator<Item = &str> {
        let arguments = self.arguments.iter().map(String::as_str);
        self.words.split_whitespace().chain(arguments)
    }
}

/// A command in a file.
#[derive(Serialize, Deserialize)]
struct StoredCommand {
    words: Vec<String>,
    target: Option<TargetFlags>,
}

impl From<ShellCommand> for StoredCommand {
    fn from(command: ShellCommand) -> Self {
        Self { words: command.argv().map(str::to_owned).collect(), target: command.target }
    }
}

// Derived, it would require text that lives as long as the process.
impl<'de> Deserialize<'de> for ShellCommand {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredCommand { words, target } = StoredCommand::deserialize(deserializer)?;
        Ok(Self { words: "", arguments: words, target })
    }
}

impl PartialEq for ShellCommand {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target && self.argv().eq(other.argv())
    }
}

impl Eq for ShellCommand {}

impl Display for ShellCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PROGRAM)?;
        for word in self.target.iter().flat_map(TargetFlags::argv) {
            write!(f, " {}", quote(word))?;
        }
        if !self.words.is_empty() {
            write!(f, " {}", self.words)?;
        }
        for argument in &self.arguments {
            write!(f, " {}", quote(argument))?;
        }
        Ok(())
    }
}

impl From<ShellCommand> for String {
    fn from(command: ShellCommand) -> Self {
        command.to_string()
    }
}

/// Quotes an argument for the shell if it needs quotes.
pub(crate) fn quote(argument: &str) -> Cow<'_, str> {
    // A percent sign, as in `--stop-at 20%`, means nothing to a shell, nor does a tilde behind a letter or digit.
    let mut before = None;
    let mut plain = argument.to_owned();
    plain.retain(|c| {
        let follows_word = before.replace(c).is_some_and(|c: char| c.is_ascii_alphanumeric());
        c != '%' && !(c == '~' && follows_word)
    });
    let needs_quotes = plain.is_empty() || shell_words::quote(&plain) != plain;
    if needs_quotes { shell_words::quote(argument) } else { Cow::Borrowed(argument) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Returns the flags of context `a`.
    fn a() -> TargetFlags {
        TargetFlags::for_context("a")
    }

    #[test]
    fn shell_code_in_an_argument_is_quoted() {
        for argument in
            ["rq-1; touch x", "$(id)", "`id`", "a'b", "two words", "a\nb", "*", "~", "", "#"]
        {
            let command = ShellCommand::new("dlq follow").arg(argument).to_string();
            let words = shell_words::split(&command).unwrap();
            assert_eq!(words, [PROGRAM, "dlq", "follow", argument], "{command}");
        }
        let plain = ShellCommand::new("dlq show").arg("00000000-0000-4000-8000-000000000401");
        assert_eq!(plain.to_string(), "cliplyctl dlq show 00000000-0000-4000-8000-000000000401");
        for plain in ["20%", "2026-01-02T03:04:05Z~1"] {
            assert_eq!(quote(plain), plain);
        }
        assert_eq!(quote("~1"), "'~1'");
        let named = ShellCommand::new("queue").addressed(&TargetFlags::for_context("a b"));
        assert_eq!(named.to_string(), "cliplyctl -c 'a b' queue");
    }

    #[test]
    fn target_flags_are_added_once_and_only_where_they_apply() {
        let file = TargetFlags::new(None, Some(Path::new("my ops.toml")), None);
        let url = TargetFlags::new(None, None, Some("http://app"));
        let addressed = |command: ShellCommand, flags: &[&TargetFlags]| {
            flags.iter().fold(command, |command, flags| command.addressed(flags)).to_string()
        };
        let queue = || ShellCommand::new("queue");
        assert_eq!(addressed(queue(), &[]), "cliplyctl queue");
        assert_eq!(addressed(queue(), &[&a(), &a()]), "cliplyctl -c a queue");
        let expected = "cliplyctl --config 'my ops.toml' -c a queue";
        assert_eq!(addressed(queue(), &[&a(), &file, &file]), expected);
        assert_eq!(addressed(queue(), &[&url]), "cliplyctl --base-url http://app queue");
        // Another context keeps its name and has its own base URL; the configuration file defines it.
        let other = || queue().in_context("b");
        let expected = "cliplyctl --config 'my ops.toml' -c b queue";
        assert_eq!(addressed(other(), &[&a(), &file, &url]), expected);
        assert_eq!(addressed(ShellCommand::without_target("demo"), &[&a()]), "cliplyctl demo");
    }

    #[test]
    fn stored_command_is_the_same_command() {
        let command = ShellCommand::new("dlq show").arg("a b").addressed(&a());
        let stored = serde_json::to_string(&command).unwrap();
        assert_eq!(serde_json::from_str::<ShellCommand>(&stored).unwrap(), command, "{stored}");
    }
}
