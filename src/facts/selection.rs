//! Filters that select dead letters.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Filters of the `dlq` commands. A job must match all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selection {
    /// Kinds of jobs; empty for all.
    pub(crate) kinds: Vec<String>,
    /// Queues of jobs, in tables of packages; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) queues: Vec<String>,
    /// Workspace of the job.
    pub(crate) workspace: Option<String>,
    /// Part of the error text, ignoring case.
    pub(crate) error: Option<String>,
    /// Id of a group; compared with [`crate::fingerprint::Fingerprint`], not in SQL.
    pub(crate) group: Option<String>,
    /// Earliest time of the last change, inclusive.
    pub(crate) since: Option<Timestamp>,
    /// Latest time of the last change, exclusive.
    pub(crate) until: Option<Timestamp>,
}

impl Selection {
    /// Whether it selects all dead letters.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The filters as words of a command line: `--kind`, `X`, `--error`, `timed out`.
    pub(crate) fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut flag =
            |name: &str, value: &str| flags.extend([format!("--{name}"), value.to_owned()]);
        for kind in &self.kinds {
            flag("kind", kind);
        }
        for queue in &self.queues {
            flag("queue", queue);
        }
        let texts =
            [("workspace", &self.workspace), ("error", &self.error), ("group", &self.group)];
        for (name, value) in texts {
            if let Some(value) = value {
                flag(name, value);
            }
        }
        for (name, value) in [("since", self.since), ("until", self.until)] {
            if let Some(value) = value {
                flag(name, &value.to_string());
            }
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_flags_are_words() {
        let selection = Selection {
            kinds: vec!["CLIP_RENDER".into()],
            error: Some("can't $open".into()),
            since: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            ..Selection::default()
        };
        assert_eq!(
            selection.flags(),
            ["--kind", "CLIP_RENDER", "--error", "can't $open", "--since", "2026-01-02T03:04:05Z"]
        );
        assert!(!selection.is_all() && Selection::default().is_all());
    }
}
