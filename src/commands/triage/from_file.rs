//! `triage --from FILE`: evaluates a saved triage again.

use std::path::Path;

use crate::context::Context;
use crate::error::Error;
use crate::exit::FailOn;
use crate::report::{self, Report};
use crate::sources::files::saved_triage::SavedTriage;
use crate::text;
use crate::triage::evaluate;

/// Evaluates a saved triage with the current thresholds. Ages are relative to the time when it was saved.
pub(crate) fn evaluate_saved(
    context: &Context,
    file: &Path,
    fail_on: FailOn,
) -> Result<Report, Error> {
    let mut saved = SavedTriage::read(file)?;
    saved.from.runbook_url = context.provenance().runbook_url;
    let areas = evaluate(&saved.facts, &context.settings.thresholds);
    let mut report = report::triage::report(&saved.facts, &areas, fail_on, &saved.from);
    let age = context.now().duration_since(saved.from.started_at).as_secs_f64();
    report.document.note(format!(
        "Saved triage of {1} ({0} ago, cliplyctl {2}), evaluated with the current thresholds",
        text::age(age.max(0.0)),
        saved.from.started_at.strftime("%Y-%m-%d %H:%M:%SZ"),
        saved.version,
    ));
    report.document.extend_headline(&format!(" (saved {} ago)", text::age(age.max(0.0))));
    report.saved_from = Some(saved.from);
    Ok(report)
}
