//! The conversion of a report into its JSON envelope.

use super::{
    CheckJson, ContextJson, CoverageJson, Envelope, ErrorJson, FindingJson, HintJson, MatchedJson,
    NotExaminedJson, ObservedJson, RuledOutJson, SCHEMA, SectionJson, ToolJson,
};
use crate::facts::{Evidence, Finding, Status, Value};
use crate::report::{Provenance, Report};
use crate::text;

impl Envelope {
    /// Converts a report.
    pub(crate) fn new(report: &Report, from: &Provenance) -> Self {
        Self {
            schema: SCHEMA,
            command: report.command,
            tool: ToolJson { name: "cliplyctl", version: env!("CARGO_PKG_VERSION") },
            context: ContextJson {
                name: from.context.clone(),
                read_only: from.read_only,
                protected: from.protected.clone(),
                database: from.database.clone(),
                standby: from.standby,
                base_url: from.base_url.clone(),
            },
            started_at: from.started_at,
            duration_ms: from.duration_ms,
            status: report.status(),
            exit_code: report.exit.code(),
            summary: report.summary.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
            coverage: coverage(report),
            checks: report.findings.iter().map(check).collect(),
            findings: report.problems().into_iter().map(finding).collect(),
            diagnosis: report.section.as_ref().map(section),
            data: report.data.json(),
            contexts: report
                .contexts
                .iter()
                .map(|context| Self::new(&context.report, &context.from))
                .collect(),
            agreement: report.agreement.clone(),
            errors: report.errors.iter().map(error).collect(),
        }
    }
}

fn coverage(report: &Report) -> CoverageJson {
    let not_examined = report
        .not_examined
        .iter()
        .map(|(subject, reason)| NotExaminedJson {
            subject: subject.clone(),
            reason: reason.clone(),
        })
        .collect();
    CoverageJson { examined: report.examined.clone(), not_examined }
}

fn check(f: &Finding) -> CheckJson {
    CheckJson {
        id: f.check,
        category: f.check.split_once('.').map_or(f.check, |(category, _)| category),
        subject: f.subject.clone(),
        status: f.status.as_str(),
        observed: f.evidence.as_ref().map(observed),
        threshold: f.threshold.as_ref().map(text::threshold),
        message: f.message.clone(),
        blocked_by: match f.status {
            Status::Skipped { blocked_by } => Some(blocked_by),
            _ => None,
        },
        hint: HintJson {
            runbook: f.section.number(),
            command: f.next_command().map(ToString::to_string),
            suggested_fix: f.suggested_fix.clone(),
        },
    }
}

fn observed(e: &Evidence) -> ObservedJson {
    let value = match &e.value {
        Value::Number(n) => number(*n),
        Value::Flag(b) => (*b).into(),
        Value::Text(t) => t.clone().into(),
    };
    ObservedJson { value, unit: e.unit, at: e.at, source: e.source.clone() }
}

/// Returns whole numbers without a trailing `.0` and others rounded to a thousandth.
fn number(n: f64) -> serde_json::Value {
    if n.fract() == 0.0 && n.abs() < 9e15 {
        (n as i64).into()
    } else {
        ((n * 1e3).round() / 1e3).into()
    }
}

fn finding(f: &Finding) -> FindingJson {
    FindingJson {
        id: f.check,
        status: f.status.as_str(),
        subject: f.subject.clone(),
        message: f.message.clone(),
        runbook: f.section.number(),
        command: f.next_command().map(ToString::to_string),
        suggested_fix: f.suggested_fix.clone(),
    }
}

fn section(s: &crate::triage::Diagnosis) -> SectionJson {
    let evidence = |f: &Finding| MatchedJson {
        id: f.check,
        observed: f.evidence.as_ref().map(observed),
        threshold: f.threshold.as_ref().map(text::threshold),
    };
    let ruled_out = |r: &crate::triage::RuledOut| RuledOutJson {
        section: r.section.number(),
        status: r.status.as_str(),
        detail: r.detail.clone(),
    };
    SectionJson {
        section: s.section.number(),
        title: s.section.title(),
        status: s.status.as_str(),
        matched_on: s.matched.iter().map(|f| f.message.clone()).collect(),
        evidence: s.matched.iter().map(evidence).collect(),
        ruled_out: s.ruled_out.iter().map(ruled_out).collect(),
        next: s.next.as_ref().map(|step| step.command.to_string()),
    }
}

fn error(e: &crate::error::Error) -> ErrorJson {
    let mut message = e.message.clone();
    for cause in &e.causes {
        message.push_str(": ");
        message.push_str(cause);
    }
    ErrorJson {
        kind: e.as_str(),
        retryable: e.retryable(),
        message,
        hints: e.hints.iter().map(ToString::to_string).collect(),
    }
}
