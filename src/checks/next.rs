//! The next steps that several checks suggest.

use crate::facts::{Section, Suggestion};

/// The queue in detail.
pub(crate) const QUEUE: Suggestion =
    Suggestion::fixed("queue", "3.3 Queue backlog").linked(Section::Backlog);
/// The causes of the dead letters.
pub(crate) const GROUPS: Suggestion =
    Suggestion::fixed("dlq groups", "3.4 Dead letters by cause").linked(Section::DeadLetters);
/// The template of the environment.
pub(crate) const ENV_CHECK: Suggestion =
    Suggestion::fixed("env check", "4.1 Environment template").linked(Section::Environment);
/// What a rescue would do.
pub(crate) const RESCUE_PREVIEW: Suggestion =
    Suggestion::fixed("jobs rescue --dry-run", "preview the rescue of the stuck jobs");
/// The settings, if one is missing or malformed.
pub(crate) const CONFIG_SHOW: Suggestion =
    Suggestion::fixed("config show", "settings and their sources");
/// The settings, if they are valid and do not work.
pub(crate) const CONFIG_CHECK: Suggestion = Suggestion::fixed("config check", "test the settings");
