//! What the app says about itself over HTTP.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long the parts of one request took. A retried request tells of its last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latency {
    /// Looking up the name; `None` for an address.
    pub dns: Option<Duration>,
    /// Connecting, TLS included, look-up excluded.
    pub connect: Option<Duration>,
    /// From the start to the head of the answer.
    pub first_byte: Duration,
    /// From the start to the last byte.
    pub total: Duration,
}

/// How an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// The HTTP status.
    pub http_status: u16,
    /// How long its parts took.
    pub latency: Latency,
    /// Attempts before the one that was answered.
    pub retries: u32,
}

/// The answer of `/api/healthz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How it came.
    pub exchange: Exchange,
    /// The server's own verdict.
    pub ok: bool,
    /// The name the service gives itself.
    pub service: Option<String>,
    /// The server's own time, as it wrote it.
    pub ts: Option<String>,
    /// What the server says went wrong.
    pub error: Option<String>,
}

/// The answer of `/api/readyz` or `/api/admin/readyz`, whatever its shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// How it came.
    pub exchange: Exchange,
    /// The server's own verdict.
    pub ok: ReportedFlag,
    /// Which builder of the report this is.
    #[serde(rename = "shape")]
    pub format: ReadinessFormat,
    /// The parts the report speaks of, in its order. What it does not speak of is not here.
    pub components: Vec<Component>,
    /// The queue as the server counts it.
    pub queue: Option<ReportedQueue>,
    /// The server's own time, as it wrote it.
    pub timestamp: Option<String>,
    /// The server says that it could not even build its report.
    pub fatal: bool,
    /// What the server says went wrong, apart from its components.
    pub errors: Vec<String>,
    /// Fields of the report's frame that are not what they should be.
    pub problems: Vec<String>,
}

impl Readiness {
    /// The component of this name, where the report speaks of it.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }
}

/// A yes or no that may be absent, or may be something else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReportedFlag {
    /// `true` or `false`.
    Is(bool),
    /// The field is not there.
    #[default]
    Absent,
    /// The field is there and is neither; the text says which field and what it is.
    Malformed(String),
}

/// One part of a readiness report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Its name in the report: `db`, `worker`, `ffmpeg`, `env`, …
    pub name: String,
    /// Whether it is well.
    pub ok: ReportedFlag,
    /// What the server says about it.
    pub message: Option<String>,
    /// Further fields, name and value as text: `missing` = `STRIPE_KEY`.
    pub details: Vec<(String, String)>,
}

/// The `queue` of a readiness report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ReportedQueue {
    /// Jobs unfinished; the canonical builder counts waiting and running ones.
    pub length: Option<u64>,
    /// Age of the oldest one as the server wrote it: **seconds or milliseconds**, the value does
    /// not tell.
    pub oldest_job_age: Option<f64>,
    /// Seconds in one unit of `oldest_job_age`, where somebody said it.
    pub age_unit: Option<f64>,
    /// The server's own warning; the canonical builder leaves it out when there is none.
    pub warning: ReportedFlag,
    /// Fields that are not what they should be, each with what they are.
    pub problems: Vec<String>,
}

/// The builders of readiness reports that exist in the wild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadinessFormat {
    /// `checks.db`, `checks.worker`, `queue`, `ffmpeg`.
    Canonical,
    /// `checks` with `env` and `db` alone, as plain booleans.
    Flags,
    /// `checks` with `env`, `db`, `stripe`, `sentry`; its `queue` and `ffmpeg` are constants.
    Integrations,
    /// `env`, `db`, `stripe`, `sentry` at the top, with lists of what is missing.
    Detailed,
    /// The readiness of a worker, not of the API.
    Worker,
    /// `ok` and nothing else.
    Bare,
    /// An error in place of a report.
    Failure,
    /// Some other mixture of known parts.
    Other,
}

impl ReadinessFormat {
    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Canonical => "canonical",
            Self::Flags => "flags",
            Self::Integrations => "integrations",
            Self::Detailed => "detailed",
            Self::Worker => "worker",
            Self::Bare => "bare",
            Self::Failure => "failure",
            Self::Other => "other",
        }
    }

    /// What this shape cannot tell, for people.
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Canonical | Self::Failure | Self::Other => None,
            Self::Flags => Some("this version of the app reports env and db alone"),
            Self::Integrations => Some(
                "this version of the app reports a constant queue (length 0) and ffmpeg (ok); \
                 they are treated as not observed",
            ),
            Self::Detailed => Some("this version of the app reports neither queue nor ffmpeg"),
            Self::Worker => Some("this is the report of a worker, not of the API"),
            Self::Bare => Some("this version of the app reports its verdict alone, without parts"),
        }
    }
}
