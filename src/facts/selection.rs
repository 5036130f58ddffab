//! Which dead jobs are meant.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The filters of the dead-letter desk: a job is meant when it passes all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Kinds, any of them; empty: all.
    pub kinds: Vec<String>,
    /// The tenant.
    pub workspace: Option<String>,
    /// A part of the error text, whatever its case.
    pub error: Option<String>,
    /// The hash of a fingerprint; judged by [`crate::fingerprint::Fingerprint`], never in SQL.
    pub group: Option<String>,
    /// Died (changed last) at this time or later.
    pub since: Option<Timestamp>,
    /// Died (changed last) before this time.
    pub until: Option<Timestamp>,
}

impl Selection {
    /// Whether it means every dead job.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The filters as they are typed: `--kind X --error "timed out"`.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut flag = |name: &str, value: &str| flags.push(format!("--{name} {}", quoted(value)));
        for kind in &self.kinds {
            flag("kind", kind);
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

/// A word of a POSIX shell's command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_flags_are_quoted_for_the_shell() {
        let selection = Selection {
            kinds: vec!["CLIP_RENDER".into()],
            error: Some("can't $open".into()),
            since: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            ..Selection::default()
        };
        assert_eq!(
            selection.flags().join(" "),
            r"--kind CLIP_RENDER --error 'can'\''t $open' --since 2026-01-02T03:04:05Z"
        );
        assert!(!selection.is_all() && Selection::default().is_all());
    }
}
