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
    /// The command as typed, without flags.
    pub(crate) command: &'static str,
    /// Which program wrote this.
    pub(crate) tool: ToolJson,
    /// Which system it speaks of.
    pub(crate) context: ContextJson,
    /// When the command began, RFC 3339, UTC.
    #[schemars(with = "String")]
    pub(crate) started_at: Timestamp,
    /// How long it took, milliseconds.
    pub(crate) duration_ms: u64,
    /// `ok`, `warning`, `critical`, `unknown`, `partial`, `refused`, `interrupted` or `error`.
    pub(crate) status: &'static str,
    /// The exit code of the process.
    pub(crate) exit_code: u8,
    /// The few figures that a script wants first.
    pub(crate) summary: serde_json::Map<String, serde_json::Value>,
    /// What was looked at and what was not.
    pub(crate) coverage: CoverageJson,
    /// Every reading that was judged.
    pub(crate) checks: Vec<CheckJson>,
    /// The readings that are not OK, worst first.
    pub(crate) findings: Vec<FindingJson>,
    /// Which section of the runbook applies; null when none does.
    pub(crate) verdict: Option<SectionJson>,
    /// The command's own data.
    pub(crate) data: serde_json::Value,
    /// Where several contexts were asked at once: the whole report of each, the worst first. Checks,
    /// findings and data are theirs then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) contexts: Vec<Envelope>,
    /// Of `env check` with a template alone.
    #[serde(flatten)]
    pub(crate) agreement: Option<AgreementJson>,
    /// Sources that failed on the way.
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

/// The system a report speaks of. No credentials.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ContextJson {
    /// Name of the context, null when none was chosen.
    pub(crate) name: Option<String>,
    /// Whether writes are refused.
    pub(crate) read_only: bool,
    /// The protected context that this database belongs to.
    pub(crate) protected: Option<String>,
    /// `user@host:port/db`.
    pub(crate) database: Option<String>,
    /// Whether that server only replays another one; null while nothing asked it.
    pub(crate) standby: Option<bool>,
    /// Base URL of the app.
    pub(crate) base_url: Option<String>,
}

/// What was looked at and what was not.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CoverageJson {
    /// Subjects that were looked at.
    pub(crate) examined: Vec<String>,
    /// Subjects that were not.
    pub(crate) not_examined: Vec<NotExaminedJson>,
}

/// Something that was not looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NotExaminedJson {
    /// What.
    pub(crate) subject: String,
    /// Why not.
    pub(crate) reason: String,
}

/// A reading that was judged.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckJson {
    /// Id, an anchor in RUNBOOK.md.
    pub(crate) id: &'static str,
    /// The part of the id before the dot.
    pub(crate) category: &'static str,
    /// What it is about.
    pub(crate) subject: String,
    /// `ok`, `warning`, `critical`, `unknown` or `skipped`.
    pub(crate) status: &'static str,
    /// The reading, null when there was none.
    pub(crate) observed: Option<ObservedJson>,
    /// The limit it was held against.
    pub(crate) threshold: Option<String>,
    /// One sentence.
    pub(crate) message: String,
    /// Id of the check that blocked this one.
    pub(crate) blocked_by: Option<&'static str>,
    /// What to do.
    pub(crate) hint: HintJson,
}

/// A reading.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ObservedJson {
    /// Number, boolean or text.
    pub(crate) value: serde_json::Value,
    /// Unit of a number.
    pub(crate) unit: Option<&'static str>,
    /// When, RFC 3339, UTC.
    #[schemars(with = "String")]
    pub(crate) at: Timestamp,
    /// URL path or database object.
    pub(crate) source: String,
}

/// What to do about a reading.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HintJson {
    /// Section of the runbook.
    pub(crate) runbook: &'static str,
    /// The next command to type.
    pub(crate) command: Option<String>,
    /// SQL to review and run by hand; the tool never runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

/// A reading that is not OK.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindingJson {
    /// Id of the check.
    pub(crate) id: &'static str,
    /// `warning`, `critical`, `unknown` or `skipped`.
    pub(crate) severity: &'static str,
    /// What it is about.
    pub(crate) subject: String,
    /// One sentence.
    pub(crate) message: String,
    /// Section of the runbook.
    pub(crate) runbook: &'static str,
    /// The next command to type.
    pub(crate) command: Option<String>,
    /// SQL to review and run by hand; the tool never runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

/// The section of the runbook that applies.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SectionJson {
    /// Its number.
    pub(crate) section: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// `critical`, `warning`, or `unknown`: nobody knows whether it applies.
    pub(crate) status: &'static str,
    /// Why it applies.
    pub(crate) matched_on: Vec<String>,
    /// The readings behind `matched_on`, in the same order.
    pub(crate) evidence: Vec<MatchedJson>,
    /// Earlier sections and the readings that ruled them out.
    pub(crate) ruled_out: Vec<RuledOutJson>,
    /// The next command to type.
    pub(crate) next: Option<String>,
}

/// A reading that led to a section.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MatchedJson {
    /// Id of the check.
    pub(crate) id: &'static str,
    /// The reading, null when there was none.
    pub(crate) observed: Option<ObservedJson>,
    /// The limit it was held against.
    pub(crate) threshold: Option<String>,
}

/// A section that does not apply.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuledOutJson {
    /// Its number.
    pub(crate) section: &'static str,
    /// `ok`; anything else is less pressing than what applies.
    pub(crate) status: &'static str,
    /// What was read.
    pub(crate) reading: String,
}

/// Whether template and schema name the same keys, as the script that `env check` replaces said it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementJson {
    /// They do.
    pub(crate) ok: bool,
    /// Keys that the template lacks.
    pub(crate) missing_in_example: Vec<String>,
    /// Keys that the schema lacks.
    pub(crate) extra_in_example: Vec<String>,
}

/// A source that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorJson {
    /// The kind in one word.
    pub(crate) kind: &'static str,
    /// Whether the same command may succeed a moment later.
    pub(crate) retryable: bool,
    /// What happened, with its causes.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hints: Vec<String>,
}
