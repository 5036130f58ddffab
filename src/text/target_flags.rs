//! The flags that make a suggested command use the same target: context, configuration file and
//! base URL.

use std::path::Path;

const NAME: &str = "cliplyctl ";

/// The flags that select the target. None contains a secret: a base URL with one is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TargetFlags {
    config: String,
    context: String,
    base_url: String,
    queue_instance: String,
}

impl TargetFlags {
    /// Creates the flags of the given context, configuration file and base URL.
    pub(crate) fn new(
        context: Option<&str>,
        config: Option<&Path>,
        base_url: Option<&str>,
    ) -> Self {
        let flag = |flag: &str, value: &str| format!("{flag} {} ", super::quote(value));
        let context = context.map(|name| flag("-c", name));
        let config = config.map(|file| flag("--config", &file.to_string_lossy()));
        let base_url = base_url.map(|url| flag("--base-url", url));
        Self {
            config: config.unwrap_or_default(),
            context: context.unwrap_or_default(),
            base_url: base_url.unwrap_or_default(),
            queue_instance: String::new(),
        }
    }

    /// Adds the flag that chooses the jobs table.
    pub(crate) fn with_queue_instance(self, instance: Option<&str>) -> Self {
        let flag = |text: &str| format!("--queue-instance {} ", super::quote(text));
        Self { queue_instance: instance.map(flag).unwrap_or_default(), ..self }
    }

    /// Creates the flag of a context.
    pub(crate) fn for_context(name: &str) -> Self {
        Self::new(Some(name), None, None)
    }

    /// Adds the flags to every command in a sentence: at its start, or after a colon, "see" or a
    /// backtick, as in `lists them: cliplyctl dlq ops`.
    pub(crate) fn add_to_text(&self, sentence: &str) -> String {
        let is_command_start = |before: &str| {
            before.is_empty() || [": ", "see ", "run ", "`"].iter().any(|end| before.ends_with(end))
        };
        let (mut rest, mut text) = (sentence, String::new());
        while let Some((before, command)) = rest.split_once(NAME) {
            text.push_str(before);
            let is_command = is_command_start(&text);
            text.push_str(NAME);
            if is_command {
                text.push_str(&self.missing_flags(command));
            }
            rest = command;
        }
        text + rest
    }

    /// Adds the flags to every line of a text that is a command, with or without the `$` prompt.
    pub(crate) fn add_to_markdown(&self, page: &str) -> String {
        let line = |line: &str| match line.strip_prefix("$ ") {
            Some(command) => format!("$ {}", self.add_to_text(command)),
            None if line.starts_with(NAME) => self.add_to_text(line),
            None => line.to_owned(),
        };
        page.split_inclusive('\n').map(line).collect()
    }

    /// Returns the flags that a command lacks. The demo has its own context, and flags are not
    /// added twice.
    fn missing_flags(&self, command: &str) -> String {
        let Self { config, context, base_url, queue_instance } = self;
        let has_target = ["demo", "--config ", "--base-url "];
        match command {
            _ if has_target.iter().any(|flag| command.starts_with(flag)) => String::new(),
            // A context has its own base URL.
            _ if command.starts_with("-c ") => format!("{config}{queue_instance}"),
            _ => format!("{config}{context}{base_url}{queue_instance}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the flags of context `a`.
    fn a() -> TargetFlags {
        TargetFlags::for_context("a")
    }

    #[test]
    fn commands_get_the_target_flags_and_prose_does_not() {
        let addressed = |sentence| a().add_to_text(sentence);
        assert_eq!(addressed("cliplyctl dlq ops lists them"), "cliplyctl -c a dlq ops lists them");
        assert_eq!(addressed("see: cliplyctl queue"), "see: cliplyctl -c a queue");
        assert_eq!(addressed("see cliplyctl queue"), "see cliplyctl -c a queue");
        assert_eq!(addressed("run cliplyctl rls audit"), "run cliplyctl -c a rls audit");
        let quoted = "check it (`cliplyctl queue` says which)";
        assert_eq!(addressed(quoted), "check it (`cliplyctl -c a queue` says which)");
        for done in ["cliplyctl demo", "see cliplyctl -c a queue"] {
            assert_eq!(addressed(done), done);
        }
        for prose in ["connect as another role", "is the cliplyctl of this machine old?"] {
            assert_eq!(addressed(prose), prose);
        }
        assert_eq!(TargetFlags::default().add_to_text("cliplyctl queue"), "cliplyctl queue");
    }

    #[test]
    fn named_config_file_is_repeated_in_commands() {
        let file = TargetFlags::new(None, Some(Path::new("my ops.toml")), None);
        assert_eq!(file.add_to_text("cliplyctl queue"), "cliplyctl --config 'my ops.toml' queue");
        let both = TargetFlags::new(Some("a"), Some(Path::new("ops.toml")), None);
        let addressed = "cliplyctl --config ops.toml -c a queue";
        assert_eq!(both.add_to_text("cliplyctl queue"), addressed);
        assert_eq!(both.add_to_text(addressed), addressed);
        let config = TargetFlags::new(None, Some(Path::new("ops.toml")), None);
        assert_eq!(config.add_to_text(&a().add_to_text("cliplyctl queue")), addressed);
        let url = TargetFlags::new(None, None, Some("http://app"));
        let addressed = "cliplyctl --base-url http://app ready --admin";
        assert_eq!(url.add_to_text("cliplyctl ready --admin"), addressed);
        assert_eq!(url.add_to_text(addressed), addressed);
    }

    #[test]
    fn target_flags_are_added_line_by_line() {
        assert_eq!(
            a().add_to_markdown("Look:\n$ cliplyctl queue\ncliplyctl ready\n"),
            "Look:\n$ cliplyctl -c a queue\ncliplyctl -c a ready\n"
        );
    }
}
