//! The commands that the dashboard runs for a row.

use crate::suggest::ShellCommand;

/// A command that the dashboard runs itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RowCommand {
    /// The queue of a kind.
    Queue(String),
    /// A job.
    Job(String),
    /// A dead letter.
    DeadLetter(String),
    /// What became of the jobs of a requeue so far.
    Follow(String),
    /// The operations.
    Operations,
    /// A canary of a group.
    Canary(String),
}

impl RowCommand {
    /// Returns its arguments.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Queue(kind) => vec!["--kind", kind],
            Self::Job(id) | Self::DeadLetter(id) => vec![id],
            Self::Follow(operation) => vec![operation, "--wait", "1s"],
            Self::Operations => vec![],
            Self::Canary(group) => vec!["--group", group, "--canary"],
        }
    }

    /// Returns it as a command to paste.
    pub(crate) fn to_paste(&self) -> ShellCommand {
        let command = match self {
            Self::Queue(_) => ShellCommand::new("queue"),
            Self::Job(_) => ShellCommand::new("jobs show"),
            Self::DeadLetter(_) => ShellCommand::new("dlq show"),
            Self::Follow(_) => ShellCommand::new("dlq follow"),
            Self::Operations => ShellCommand::new("dlq ops"),
            Self::Canary(_) => ShellCommand::new("dlq requeue"),
        };
        command.args(self.arguments())
    }
}
