//! The JSON of every command: stable, versioned, always one document.
//!
//! These types are separate from the internal ones so that a rename inside does not break scripts.
//! Golden files in `tests/` pin them, `cliplyctl schema` prints their schema.

mod fill;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The value of `schema` in every document.
pub const SCHEMA: &str = "cliplyctl.report/v1";

/// One report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Envelope {
    /// Always `cliplyctl.report/v1`.
    pub schema: &'static str,
    /// The command as typed, without flags.
    pub command: &'static str,
    /// Which program wrote this.
    pub tool: ToolJson,
    /// Which system it speaks of.
    pub context: ContextJson,
    /// When the command began, RFC 3339, UTC.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// `ok`, `warning`, `critical`, `unknown`, `partial`, `refused`, `interrupted` or `error`.
    pub status: &'static str,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The few figures that a script wants first.
    pub summary: serde_json::Map<String, serde_json::Value>,
    /// What was looked at and what was not.
    pub coverage: CoverageJson,
    /// Every reading that was judged.
    pub checks: Vec<CheckJson>,
    /// The readings that are not OK, worst first.
    pub findings: Vec<FindingJson>,
    /// Which section of the runbook applies; null when none does.
    pub verdict: Option<SectionJson>,
    /// The command's own data.
    pub data: serde_json::Value,
    /// Where several contexts were asked at once: the whole report of each, the worst first. Checks,
    /// findings and data are theirs then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub contexts: Vec<Envelope>,
    /// Of `env check` with a template alone.
    #[serde(flatten)]
    pub agreement: Option<AgreementJson>,
    /// Sources that failed on the way.
    pub errors: Vec<ErrorJson>,
}

/// Name and version of this program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToolJson {
    /// Always `cliplyctl`.
    pub name: &'static str,
    /// Semantic version.
    pub version: &'static str,
}

/// The system a report speaks of. No credentials.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContextJson {
    /// Name of the context, null when none was chosen.
    pub name: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// The protected context that this database belongs to.
    pub protected: Option<String>,
    /// `user@host:port/db`.
    pub database: Option<String>,
    /// Whether that server only replays another one; null while nothing asked it.
    pub standby: Option<bool>,
    /// Base URL of the app.
    pub base_url: Option<String>,
}

/// What was looked at and what was not.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CoverageJson {
    /// Subjects that were looked at.
    pub examined: Vec<String>,
    /// Subjects that were not.
    pub not_examined: Vec<NotExaminedJson>,
}

/// Something that was not looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotExaminedJson {
    /// What.
    pub subject: String,
    /// Why not.
    pub reason: String,
}

/// A reading that was judged.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CheckJson {
    /// Id, an anchor in RUNBOOK.md.
    pub id: &'static str,
    /// The part of the id before the dot.
    pub category: &'static str,
    /// What it is about.
    pub subject: String,
    /// `ok`, `warning`, `critical`, `unknown` or `skipped`.
    pub status: &'static str,
    /// The reading, null when there was none.
    pub observed: Option<ObservedJson>,
    /// The limit it was held against.
    pub threshold: Option<String>,
    /// One sentence.
    pub message: String,
    /// Id of the check that blocked this one.
    pub blocked_by: Option<&'static str>,
    /// What to do.
    pub hint: HintJson,
}

/// A reading.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ObservedJson {
    /// Number, boolean or text.
    pub value: serde_json::Value,
    /// Unit of a number.
    pub unit: Option<&'static str>,
    /// When, RFC 3339, UTC.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// URL path or database object.
    pub source: String,
}

/// What to do about a reading.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HintJson {
    /// Section of the runbook.
    pub runbook: &'static str,
    /// The next command to type.
    pub command: Option<String>,
    /// SQL to review and run by hand; the tool never runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// A reading that is not OK.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingJson {
    /// Id of the check.
    pub id: &'static str,
    /// `warning`, `critical`, `unknown` or `skipped`.
    pub severity: &'static str,
    /// What it is about.
    pub subject: String,
    /// One sentence.
    pub message: String,
    /// Section of the runbook.
    pub runbook: &'static str,
    /// The next command to type.
    pub command: Option<String>,
    /// SQL to review and run by hand; the tool never runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The section of the runbook that applies.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SectionJson {
    /// Its number.
    pub section: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// `critical`, `warning`, or `unknown`: nobody knows whether it applies.
    pub status: &'static str,
    /// Why it applies.
    pub matched_on: Vec<String>,
    /// The readings behind `matched_on`, in the same order.
    pub evidence: Vec<MatchedJson>,
    /// Earlier sections and the readings that ruled them out.
    pub ruled_out: Vec<RuledOutJson>,
    /// The next command to type.
    pub next: Option<String>,
}

/// A reading that led to a section.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MatchedJson {
    /// Id of the check.
    pub id: &'static str,
    /// The reading, null when there was none.
    pub observed: Option<ObservedJson>,
    /// The limit it was held against.
    pub threshold: Option<String>,
}

/// A section that does not apply.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuledOutJson {
    /// Its number.
    pub section: &'static str,
    /// `ok`; anything else is less pressing than what applies.
    pub status: &'static str,
    /// What was read.
    pub reading: String,
}

/// Whether template and schema name the same keys, as the script that `env check` replaces said it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreementJson {
    /// They do.
    pub ok: bool,
    /// Keys that the template lacks.
    pub missing_in_example: Vec<String>,
    /// Keys that the schema lacks.
    pub extra_in_example: Vec<String>,
}

/// A source that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorJson {
    /// The kind in one word.
    pub kind: &'static str,
    /// Whether the same command may succeed a moment later.
    pub retryable: bool,
    /// What happened, with its causes.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}
