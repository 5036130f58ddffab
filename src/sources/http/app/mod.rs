//! Reports of the app: requests its health and readiness reports and parses them.

use std::time::Duration;

use crate::facts::SourceError;
use crate::facts::service::{Health, Readiness, ReadinessFormat};
use crate::sources::http::{Freshness, Http, HttpAnswer};

mod health;
mod json;
mod names;
mod readiness;
mod signs;
mod text_report;

/// A request for one report.
#[derive(Debug, Clone, Copy)]
pub struct ReportRequest<'a> {
    /// Path below the base URL.
    pub path: &'a str,
    /// Time for the request, retries included.
    pub budget: Duration,
    /// How old the answer may be.
    pub freshness: Freshness,
    /// Components of a readiness report that are not evaluated.
    pub ignored: &'a [String],
}

/// Reads the health report.
pub async fn health(http: &Http, request: ReportRequest<'_>) -> Result<Health, SourceError> {
    let response = http.get(request.path, request.budget).await?;
    health::parse(&document(&response, request.freshness)?.json, response.exchange)
}

/// Reads the readiness report.
pub async fn readiness(http: &Http, request: ReportRequest<'_>) -> Result<Readiness, SourceError> {
    let response = http.get(request.path, request.budget).await?;
    parse_readiness(&response, request)
}

/// Reads the readiness report for operators, with the admin token if one is configured: `token` says where.
pub async fn admin_readiness(
    http: &Http,
    request: ReportRequest<'_>,
    token: Option<String>,
) -> Result<Readiness, SourceError> {
    let response = http.get_as_admin(request.path, request.budget).await?;
    let report = parse_readiness(&response, request).map_err(|error| match token {
        Some(token) if response.is_refused_by_app() => {
            error.hint(format!("check the admin token, which is from {token}"))
        }
        _ => error,
    })?;
    Ok(Readiness { is_for_operators: true, ..report })
}

fn parse_readiness(
    response: &HttpAnswer,
    request: ReportRequest<'_>,
) -> Result<Readiness, SourceError> {
    let document = document(response, request.freshness)?;
    readiness::parse(&document, response.exchange, request.ignored).ok_or_else(|| {
        if response.status.is_server_error() {
            return response.unavailable();
        }
        readiness::not_a_report(response.exchange)
    })
}

/// A report as JSON.
pub(crate) struct ReportDocument {
    json: serde_json::Value,
    /// The format, if the body was not JSON or its content type names the format.
    format: Option<ReadinessFormat>,
}

fn document(response: &HttpAnswer, freshness: Freshness) -> Result<ReportDocument, SourceError> {
    let text = response.text_report(freshness);
    let text = text.and_then(|body| text_report::parse(body, response.status.as_u16()));
    if let Some((json, format)) = text {
        return Ok(ReportDocument { json, format: Some(format) });
    }
    let format = response
        .content_type()
        .starts_with("application/health+json")
        .then_some(ReadinessFormat::HealthJson);
    Ok(ReportDocument { json: response.report(freshness)?, format })
}
