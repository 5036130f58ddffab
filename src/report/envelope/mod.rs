//! The JSON of every command: stable, versioned, always one document.
//!
//! These types are separate from the internal ones so that a rename inside does not break scripts.
//! Golden files in `tests/` pin them, `cliplyctl schema` prints their schema.

mod fill;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The value of `schema` in every document.
pub(crate) const SCHEMA: &str = "cliplyctl.report/v1";

/// One report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Envelope {
    /// Always `cliplyctl.report/v1`.
    pub(crate) schema: &'static str,
    /// Name of the command, without flags.
    pub(crate) command: &'static str,
    /// The program that wrote the report.
    pub(crate) tool: ToolJson,
    /// The system that the report is about.
    pub(crate) context: ContextJson,
    /// When the command began, RFC 3339, UTC.
    #[schemars(with = "String")]
    pub(crate) started_at: Timestamp,
    /// Duration in milliseconds.
    pub(crate) duration_ms: u64,
    /// `ok`, `warning`, `critical`, `unknown`, `partial`, `refused`, `interrupted` or `error`.
    pub(crate) status: &'static str,
    /// The exit code of the process.
    pub(crate) exit_code: u8,
    /// The most important values.
    pub(crate) summary: serde_json::Map<String, serde_json::Value>,
    /// What was examined and what was not.
    pub(crate) coverage: CoverageJson,
    /// The results of all checks.
    pub(crate) checks: Vec<CheckJson>,
    /// The results that are not OK, worst first.
    pub(crate) findings: Vec<FindingJson>,
    /// The section of the runbook that applies; null if everything is OK.
    pub(crate) diagnosis: Option<SectionJson>,
    /// Data of the command.
    pub(crate) data: serde_json::Value,
    /// With several contexts: the complete report of each, worst first. Checks, findings and data of this
    /// document are empty then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) contexts: Vec<Envelope>,
    /// Result of `env check` of a template only.
    #[serde(flatten)]
    pub(crate) agreement: Option<AgreementJson>,
    /// Sources that failed.
    pub(crate) errors: Vec<ErrorJson>,
}

/// Name and version of this program.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ToolJson {
    /// Always `cliplyctl`.
    pub(crate) name: &'static str,
    /// Semantic version.
    pub(crate) version: &'static str,
}

/// The system that a report is about, without credentials.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContextJson {
    /// Name of the context; null if none was selected.
    pub(crate) name: Option<String>,
    /// Whether writes are refused.
    pub(crate) read_only: bool,
    /// The protected context that this database belongs to.
    pub(crate) protected: Option<String>,
    /// `user@host:port/db`.
    pub(crate) database: Option<String>,
    /// Whether the server is a standby; null if it was not queried.
    pub(crate) standby: Option<bool>,
    /// Base URL of the app.
    pub(crate) base_url: Option<String>,
}

/// What was examined and what was not.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CoverageJson {
    /// Subjects that were examined.
    pub(crate) examined: Vec<String>,
    /// Subjects that were not examined.
    pub(crate) not_examined: Vec<NotExaminedJson>,
}

/// A subject that was not examined.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotExaminedJson {
    /// Subject.
    pub(crate) subject: String,
    /// Reason.
    pub(crate) reason: String,
}

/// Result of a check.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckJson {
    /// Id, an anchor in RUNBOOK.md.
    pub(crate) id: &'static str,
    /// The id up to the dot.
    pub(crate) category: &'static str,
    /// Subject: a component, a table, a key.
    pub(crate) subject: String,
    /// `ok`, `warning`, `critical`, `unknown` or `skipped`.
    pub(crate) status: &'static str,
    /// The value that was read; null if there is none.
    pub(crate) observed: Option<ObservedJson>,
    /// The threshold that the value was compared with.
    pub(crate) threshold: Option<String>,
    /// Detail in one sentence.
    pub(crate) message: String,
    /// Id of the check that blocked this one.
    pub(crate) blocked_by: Option<&'static str>,
    /// Next step.
    pub(crate) hint: HintJson,
}

/// A value that a check read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ObservedJson {
    /// Number, boolean or text.
    pub(crate) value: serde_json::Value,
    /// Unit of a number.
    pub(crate) unit: Option<&'static str>,
    /// Time of the read, RFC 3339, UTC.
    #[schemars(with = "String")]
    pub(crate) at: Timestamp,
    /// URL path or database object.
    pub(crate) source: String,
}

/// Next step for a result.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HintJson {
    /// Section of the runbook.
    pub(crate) runbook: &'static str,
    /// The next command.
    pub(crate) command: Option<String>,
    /// Suggested fix: SQL to review. cliplyctl never runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suggested_fix: Option<String>,
}

/// A result that is not OK.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindingJson {
    /// Id of the check.
    pub(crate) id: &'static str,
    /// `warning`, `critical`, `unknown` or `skipped`.
    pub(crate) status: &'static str,
    /// Subject: a component, a table, a key.
    pub(crate) subject: String,
    /// Detail in one sentence.
    pub(crate) message: String,
    /// Section of the runbook.
    pub(crate) runbook: &'static str,
    /// The next command.
    pub(crate) command: Option<String>,
    /// Suggested fix: SQL to review. cliplyctl never runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suggested_fix: Option<String>,
}

/// The section of the runbook that applies.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SectionJson {
    /// Its number.
    pub(crate) section: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// `critical`, `warning`, or `unknown` if it is not known whether it applies.
    pub(crate) status: &'static str,
    /// Ids of the checks that led to it.
    pub(crate) matched_on: Vec<String>,
    /// Values of these checks, in the same order.
    pub(crate) evidence: Vec<MatchedJson>,
    /// Earlier sections that do not apply.
    pub(crate) ruled_out: Vec<RuledOutJson>,
    /// The next command.
    pub(crate) next: Option<String>,
}

/// A check that led to a section.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MatchedJson {
    /// Id of the check.
    pub(crate) id: &'static str,
    /// The value that was read; null if there is none.
    pub(crate) observed: Option<ObservedJson>,
    /// The threshold that the value was compared with.
    pub(crate) threshold: Option<String>,
}

/// A section that does not apply.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuledOutJson {
    /// Its number.
    pub(crate) section: &'static str,
    /// `ok`, or a status that is less severe than that of the diagnosis.
    pub(crate) status: &'static str,
    /// Detail of its area.
    pub(crate) detail: String,
}

/// Whether template and schema have the same keys, in the form of the script that `env check` replaces.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementJson {
    /// Whether they have the same keys.
    pub(crate) ok: bool,
    /// Keys that are missing in the template.
    pub(crate) missing_in_example: Vec<String>,
    /// Keys that are missing in the schema.
    pub(crate) extra_in_example: Vec<String>,
}

/// A source that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorJson {
    /// The kind in one word.
    pub(crate) kind: &'static str,
    /// Whether the same command may succeed later.
    pub(crate) retryable: bool,
    /// The error with its causes.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hints: Vec<String>,
}
