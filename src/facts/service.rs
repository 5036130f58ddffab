//! Answers of the app over HTTP.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Durations of the parts of one request. For a retried request, those of its last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Latency {
    /// Name resolution; `None` for an address.
    pub dns: Option<Duration>,
    /// Connecting, including TLS, without name resolution.
    pub connect: Option<Duration>,
    /// From the start to the head of the response.
    pub first_byte: Duration,
    /// From the start to the last byte.
    pub total: Duration,
}

/// Metadata of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// HTTP status.
    pub http_status: u16,
    /// Durations.
    pub latency: Latency,
    /// Number of attempts before the one that was answered.
    pub retries: u32,
}

/// Response of `/api/healthz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Metadata of the response.
    pub exchange: Exchange,
    /// Status that the app reports.
    pub(crate) ok: bool,
    /// Name of the service.
    pub service: Option<String>,
    /// Time of the app, as it was written.
    pub(crate) ts: Option<String>,
    /// Error that the app reports.
    pub(crate) error: Option<String>,
}

/// Response of `/api/readyz` or `/api/admin/readyz`, in any format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Metadata of the response.
    pub exchange: Exchange,
    /// Status that the app reports.
    pub(crate) ok: ReportedFlag,
    /// Format of the report.
    #[serde(rename = "shape")]
    pub(crate) format: ReadinessFormat,
    /// Components in the report, in its order.
    pub(crate) components: Vec<Component>,
    /// Queue, as the app counts it.
    pub(crate) queue: Option<ReportedQueue>,
    /// Time of the app, as it was written.
    pub(crate) timestamp: Option<String>,
    /// Whether the app reports that it could not build its report.
    pub(crate) fatal: bool,
    /// Errors that the app reports, except those of components.
    pub(crate) errors: Vec<String>,
    /// Invalid top-level fields of the report.
    pub(crate) problems: Vec<String>,
}

impl Readiness {
    /// The component with this name, if it is in the report.
    pub(crate) fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }
}

/// A boolean field of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum ReportedFlag {
    /// `true` or `false`.
    Is(bool),
    /// The field is absent.
    #[default]
    Absent,
    /// The field is not a boolean; the text names the field and its value.
    Malformed(String),
}

/// A component of a readiness report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Component {
    /// Name in the report: `db`, `worker`, `ffmpeg`, `env`, …
    pub(crate) name: String,
    /// Whether it is up.
    pub(crate) ok: ReportedFlag,
    /// Message of the app.
    pub(crate) message: Option<String>,
    /// Other fields, name and value as text: `missing` = `STRIPE_KEY`.
    pub(crate) details: Vec<(String, String)>,
}

/// The `queue` component of a readiness report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct ReportedQueue {
    /// Number of unfinished jobs; the canonical format counts queued and claimed jobs.
    pub(crate) length: Option<u64>,
    /// Age of the oldest one as the app wrote it: **seconds or milliseconds**; the value does not show
    /// which.
    pub(crate) oldest_job_age: Option<f64>,
    /// Seconds in one unit of `oldest_job_age`, if it is configured.
    pub(crate) age_unit: Option<f64>,
    /// Warning of the app; the canonical format omits it if there is none.
    pub(crate) warning: ReportedFlag,
    /// Invalid fields, with their values.
    pub(crate) problems: Vec<String>,
}

/// Known formats of readiness reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ReadinessFormat {
    /// `checks.db`, `checks.worker`, `queue`, `ffmpeg`.
    Canonical,
    /// `checks` with only `env` and `db`, as booleans.
    Flags,
    /// `checks` with `env`, `db`, `stripe`, `sentry`; its `queue` and `ffmpeg` are constants.
    Integrations,
    /// `env`, `db`, `stripe`, `sentry` at the top level, with lists of missing keys.
    Detailed,
    /// Report of a worker, not of the app.
    Worker,
    /// Only `ok`.
    Bare,
    /// An error instead of a report.
    Failure,
    /// Another combination of known components.
    Other,
}

impl ReadinessFormat {
    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// What this format does not report, in one sentence.
    pub(crate) fn note(self) -> Option<&'static str> {
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
