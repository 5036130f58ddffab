//! What is known of a kind of cause: whose fault it is, what to do, whether a retry is safe.

use std::borrow::Cow;

/// Whose fault a failure is, in the runbook's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CauseClass {
    /// The job asks for something that cannot be done.
    BadInput,
    /// A service outside refuses or is down.
    ExternalService,
    /// Our code, our schema, our settings.
    Internal,
    /// Memory, disk, connections, files.
    Resources,
}

/// Whether requeueing such a job may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SafeToRetry {
    /// The cause passes by itself.
    Yes,
    /// It dies again until something is repaired.
    AfterFix,
    /// It dies again whatever is repaired.
    No,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Words looked for in code and template, whatever their case; they match whole words only.
    pub pattern: Cow<'static, str>,
    /// Whose fault.
    pub class: CauseClass,
    /// What to do, one sentence.
    pub text: Cow<'static, str>,
    /// Whether a requeue may help.
    pub safe_to_retry: SafeToRetry,
}

impl CauseClass {
    /// Every class.
    pub const ALL: [Self; 4] =
        [Self::BadInput, Self::ExternalService, Self::Internal, Self::Resources];

    /// The word in files and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadInput => "bad_input",
            Self::ExternalService => "external_service",
            Self::Internal => "internal_error",
            Self::Resources => "resources",
        }
    }
}

impl SafeToRetry {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Yes, Self::AfterFix, Self::No];

    /// The word in files and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::AfterFix => "after_fix",
            Self::No => "no",
        }
    }
}
