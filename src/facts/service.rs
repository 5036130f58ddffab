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
    /// Unhealthy values next to the status, with their paths: `ready: false`.
    #[serde(default)]
    pub(crate) unhealthy: Vec<String>,
}

/// Response of `/api/readyz` or `/api/admin/readyz`, in any format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Metadata of the response.
    pub exchange: Exchange,
    /// Whether it is the report for operators.
    #[serde(default)]
    pub(crate) is_for_operators: bool,
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
    /// Unhealthy values outside of components, with their paths: `ready: false`.
    #[serde(default)]
    pub(crate) unhealthy: Vec<String>,
    /// Components that the context ignores; they are in no other field.
    #[serde(default)]
    pub(crate) ignored: Vec<IgnoredComponent>,
    /// Components that the report gives as constants; they are in no other field.
    #[serde(default)]
    pub(crate) constants: Vec<String>,
}

impl Readiness {
    /// The component with this name, if it is in the report.
    pub(crate) fn component(&self, name: &str) -> Option<&Component> {
        self.components_named(name).next()
    }

    /// All components with this name: a report can have one below `checks` and one at the top level.
    pub(crate) fn components_named(&self, name: &str) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(move |component| component.name == name)
    }

    /// Whether the context ignores the component with this name.
    pub(crate) fn is_ignored(&self, name: &str) -> bool {
        self.ignored.iter().any(|ignored| ignored.name == name)
    }

    /// What this report does not contain, in one sentence.
    pub(crate) fn note(&self) -> Option<String> {
        if self.constants.is_empty() {
            return self.format.note().map(str::to_owned);
        }
        Some(format!(
            "this version of the app reports a constant instead of {}; it is ignored",
            self.constants.join(" and ")
        ))
    }
}

/// A component that the context ignores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IgnoredComponent {
    /// Its name.
    pub(crate) name: String,
    /// What the app reports about it; `None` if nothing.
    pub(crate) reported: Option<String>,
}

/// A boolean field of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum ReportedFlag {
    /// `true` or `false`, or a word that means so.
    Is(bool),
    /// A word for a service that works in part: `degraded`, `warn`.
    Degraded,
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
    /// `checks` with `env`, `db`, `stripe`, `sentry`; its `queue` and `ffmpeg`, if any, are constants.
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
    /// Spring Boot Actuator, or MicroProfile Health: `status`, `components`.
    Actuator,
    /// `application/health+json`: `status` is `pass`, `warn` or `fail`; `checks` has lists.
    HealthJson,
    /// NestJS Terminus: `status`, `info`, `error`, `details`.
    Terminus,
    /// Text of Kubernetes components, one `[+]name ok` per line.
    Kubernetes,
    /// `/up` of Rails: a green or red page, or `status`.
    Rails,
}

impl ReadinessFormat {
    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether reports of this format say themselves which components there are. In the other formats
    /// some components are expected, and a missing one is UNKNOWN.
    pub(crate) fn lists_its_components(self) -> bool {
        match self {
            Self::Actuator | Self::HealthJson | Self::Terminus | Self::Kubernetes | Self::Rails => {
                true
            }
            Self::Canonical
            | Self::Flags
            | Self::Integrations
            | Self::Detailed
            | Self::Worker
            | Self::Bare
            | Self::Failure
            | Self::Other => false,
        }
    }

    /// What this format does not report, in one sentence.
    fn note(self) -> Option<&'static str> {
        match self {
            Self::Canonical
            | Self::Failure
            | Self::Other
            | Self::Actuator
            | Self::HealthJson
            | Self::Terminus
            | Self::Kubernetes
            | Self::Rails => None,
            Self::Flags => Some("this version of the app reports only env and db"),
            Self::Integrations => Some("this version of the app reports neither queue nor ffmpeg"),
            Self::Detailed => Some("this version of the app reports neither queue nor ffmpeg"),
            Self::Worker => Some("this is the report of a worker, not of the API"),
            Self::Bare => {
                Some("this version of the app reports only its status, without components")
            }
        }
    }
}
