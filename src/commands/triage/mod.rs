//! `triage`: the runbook's quick checklist, all probes at once.

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
use crate::sources::files::saved_triage::Saved;
use crate::sources::postgres::queue::Effort;
use crate::triage::{AreaResult, TriageFacts, evaluate};

/// Probes concurrently, then judges; with `--wait` again and again.
///
/// # Errors
/// A file of `--from` that is no saved triage.
pub async fn run(context: &Context, args: &Triage) -> Result<Report, Error> {
    if let Some(file) = &args.from {
        return from_file::evaluate_saved(context, file, args.judging.fail_on);
    }
    let interrupt = Interrupt::listen();
    let tests =
        if args.with_tests { app_tests::run(context, args, &interrupt).await } else { vec![] };
    let (seen, mut report) = match args.wait {
        Some(limit) => wait::run(context, args, &interrupt, limit, &tests).await,
        None => {
            let seen = gather_and_evaluate(context, &interrupt, &tests).await;
            let report = seen.report(context, args.judging.fail_on);
            (seen, report)
        }
    };
    if seen.facts.is_unconfigured() {
        explain_unconfigured(context, &mut report);
    }
    if let Some(file) = &args.save {
        match Saved::new(context.provenance(), seen.facts).write(file) {
            Ok(()) => context
                .terminal
                .print_note(&format!("saved, but for the environment: {}", file.display())),
            Err(error) => {
                // The verdict is still worth reading; that it was not saved decides how it ends.
                report.exit = error.exit_code();
                context.terminal.print_error(&error);
            }
        }
    }
    Ok(report)
}

/// Nobody said where to look: that is wrong, where nothing worse is known.
fn explain_unconfigured(context: &Context, report: &mut Report) {
    if report.exit == ExitCode::Unknown {
        report.exit = ExitCode::Config;
    }
    if demo::is_running(&context.settings.process) {
        report.document.add_note("a demo is running: cliplyctl -c demo triage looks at it");
    }
}

/// One look around, judged; and what was seen.
pub async fn now(context: &Context, interrupt: &Interrupt) -> (TriageFacts, Report) {
    let seen = gather_and_evaluate(context, interrupt, &[]).await;
    let report = seen.report(context, FailOn::default());
    (seen.facts, report)
}

/// One look around in bounds, judged: for those who look again every few seconds.
pub async fn bounded(context: &Context, interrupt: &Interrupt) -> (TriageFacts, Vec<AreaResult>) {
    let probes = Probes::start(context, interrupt, &gather::SOURCES);
    let facts = gather::gather(context, &probes, Effort::Indexes).await;
    let steps = evaluate(&facts, &context.settings.limits);
    (facts, steps)
}

/// What one look around showed.
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
    let probes = Probes::start(context, interrupt, &gather::SOURCES);
    let mut facts = gather::gather(context, &probes, Effort::Budget).await;
    facts.tests = tests.to_vec();
    let steps = evaluate(&facts, &context.settings.limits);
    TriageRun { facts, areas: steps, interrupted: probes.interrupted() }
}

impl TriageRun {
    fn verdict(&self) -> Status {
        Status::worst(self.areas.iter().map(AreaResult::status))
    }

    /// The report of what is known; one that was cut short by a signal says so by its exit code.
    fn report(&self, context: &Context, fail_on: FailOn) -> Report {
        let from = context.provenance();
        let mut report = report::triage::report(&self.facts, &self.areas, fail_on, &from);
        if self.interrupted {
            report.exit = ExitCode::Interrupted;
        }
        report
    }
}
