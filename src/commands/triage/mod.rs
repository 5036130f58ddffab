//! `triage`: runs all probes concurrently and evaluates them by the quick checklist of the runbook.

mod app_tests;
mod from_file;
mod gather;
mod probes;
mod wait;

use probes::Probes;

use crate::cli::Triage;
use crate::context::Context;
use crate::error::Error;
use crate::exit::{ExitCode, FailOn};
use crate::facts::Status;
use crate::facts::test_run::TestRun;
use crate::interrupt::Interrupt;
use crate::report::{self, Report};
use crate::settings::demo;
use crate::sources::files::is_stdio;
use crate::sources::files::saved_triage::SavedTriage;
use crate::sources::postgres::queue::ScanPolicy;
use crate::suggest::{CommandText, ShellCommand};
use crate::triage::{AreaResult, TriageFacts, evaluate};

/// Runs a triage; with `--wait` repeatedly, with `--from` on saved facts.
pub(crate) async fn run(context: &Context, args: &Triage) -> Result<Report, Error> {
    if let Some(file) = &args.from {
        return from_file::evaluate_saved(context, file, args.status_args.fail_on);
    }
    let interrupt = Interrupt::listen();
    let tests =
        if args.with_tests { app_tests::run(context, args, &interrupt).await } else { vec![] };
    let (run, mut report) = match args.wait {
        Some(limit) => wait::run(context, args, &interrupt, limit, &tests).await,
        None => {
            let run = gather_and_evaluate(context, &interrupt, &tests).await;
            let report = run.report(context, args.status_args.fail_on);
            (run, report)
        }
    };
    if run.facts.is_unconfigured() {
        explain_unconfigured(context, &mut report);
    }
    if let Some(file) = &args.save {
        let saved = SavedTriage::new(context.provenance(), run.facts);
        let written = if is_stdio(file) {
            saved.text().map(|text| report.file_on_stdout = Some(format!("{text}\n")))
        } else {
            saved.write(file)
        };
        match written {
            Ok(()) if is_stdio(file) => {}
            Ok(()) => context
                .terminal
                .print_note(&format!("Saved to {} (environment not included)", file.display())),
            Err(error) => {
                // The report is still printed; the failed save determines the exit code.
                report.exit = error.exit_code();
                context.terminal.print_error(&error);
            }
        }
    }
    Ok(report)
}

/// Turns UNKNOWN into a configuration error if neither the app nor the database is configured, and
/// mentions a running demo.
fn explain_unconfigured(context: &Context, report: &mut Report) {
    if report.exit == ExitCode::Unknown {
        report.exit = ExitCode::Config;
    }
    if demo::is_running(&context.settings.process) {
        let triage = ShellCommand::new("triage").in_context(demo::NAME);
        report.document.add_note(CommandText::to("check the running demo", triage));
    }
}

/// Runs one triage and returns its facts and its report.
pub(crate) async fn now(context: &Context, interrupt: &Interrupt) -> (TriageFacts, Report) {
    let run = gather_and_evaluate(context, interrupt, &[]).await;
    let report = run.report(context, FailOn::default());
    (run.facts, report)
}

/// Runs one triage without table scans, for commands that poll every few seconds.
pub(crate) async fn bounded(
    context: &Context,
    interrupt: &Interrupt,
) -> (TriageFacts, Vec<AreaResult>) {
    let probes = Probes::start(context, interrupt, &gather::sources(context));
    let facts = gather::gather(context, &probes, ScanPolicy::Indexes).await;
    let areas = evaluate(&facts, &context.settings.thresholds);
    (facts, areas)
}

/// The facts and the evaluated areas of one triage.
struct TriageRun {
    facts: TriageFacts,
    areas: Vec<AreaResult>,
    interrupted: bool,
}

async fn gather_and_evaluate(
    context: &Context,
    interrupt: &Interrupt,
    tests: &[TestRun],
) -> TriageRun {
    let probes = Probes::start(context, interrupt, &gather::sources(context));
    let mut facts = gather::gather(context, &probes, ScanPolicy::Budget).await;
    facts.tests = tests.to_vec();
    let areas = evaluate(&facts, &context.settings.thresholds);
    TriageRun { facts, areas, interrupted: probes.interrupted() }
}

impl TriageRun {
    fn status(&self) -> Status {
        Status::worst(self.areas.iter().map(AreaResult::status))
    }

    /// Returns the report. If a signal ended probes early, the exit code is 130.
    fn report(&self, context: &Context, fail_on: FailOn) -> Report {
        let from = context.provenance();
        let mut report = report::triage::report(&self.facts, &self.areas, fail_on, &from);
        if self.interrupted {
            report.exit = ExitCode::Interrupted;
        }
        report
    }
}
