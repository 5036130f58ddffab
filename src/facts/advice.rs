//! Advice for a kind of cause: its category, what to do, and whether a retry is safe.

use std::borrow::Cow;

/// Category of a cause, as in the runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CauseCategory {
    /// The input of the job is invalid.
    BadInput,
    /// An external service refuses the request or is down.
    ExternalService,
    /// The code, schema or settings of the backend.
    Internal,
    /// Memory, disk, connections, files.
    Resources,
}

/// Whether a requeue of such a job can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum SafeToRetry {
    /// The cause is temporary.
    Yes,
    /// It fails again until the cause is fixed.
    AfterFix,
    /// It fails again in any case.
    No,
}

/// One rule: what to do about the causes that match one of its patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advice {
    /// Words to find in the code or the template.
    pub(crate) patterns: Patterns,
    /// Category of the cause.
    pub(crate) category: CauseCategory,
    /// What to do, in one sentence.
    pub(crate) text: Cow<'static, str>,
    /// Whether a requeue can succeed.
    pub(crate) safe_to_retry: SafeToRetry,
}

/// The patterns of a rule, any of which has to match, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Patterns {
    BuiltIn(&'static [&'static str]),
    /// The pattern of a rule in the settings.
    Configured(String),
}

impl Patterns {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let (built_in, configured) = match self {
            Self::BuiltIn(patterns) => (*patterns, None),
            Self::Configured(pattern) => (&[][..], Some(pattern.as_str())),
        };
        built_in.iter().copied().chain(configured)
    }
}

impl CauseCategory {
    /// All categories.
    pub(crate) const ALL: [Self; 4] =
        [Self::BadInput, Self::ExternalService, Self::Internal, Self::Resources];

    /// Name in files and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BadInput => "bad_input",
            Self::ExternalService => "external_service",
            Self::Internal => "internal_error",
            Self::Resources => "resources",
        }
    }
}

impl SafeToRetry {
    /// All answers.
    pub(crate) const ALL: [Self; 3] = [Self::Yes, Self::AfterFix, Self::No];

    /// Name in files and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}
