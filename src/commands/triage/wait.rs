//! `triage --wait`: repeats the triage until the goal is reached or waiting cannot help.

use std::time::{Duration, Instant};

use super::{TriageRun, gather_and_evaluate};
use crate::cli::{Goal, Triage};
use crate::context::Context;
use crate::exit::{ExitCode, FailOn};
use crate::facts::test_run::TestRun;
use crate::facts::{Section, SourceError, Status};
use crate::interrupt::Interrupt;
use crate::report::Report;
use crate::text;

/// The pause between two runs.
const PAUSE: Duration = Duration::from_secs(1);

/// Repeats the triage until the goal is reached, `limit` is over, or waiting cannot help. The last run
/// may exceed the limit by its `--timeout`, because a late result is better than UNKNOWN.
pub(crate) async fn run(
    context: &Context,
    args: &Triage,
    interrupt: &Interrupt,
    limit: Duration,
    tests: &[TestRun],
) -> (TriageRun, Report) {
    let deadline = Instant::now() + limit;
    let mut printed_reason = String::new();
    let mut fresh;
    let mut context = context;
    loop {
        let mut run = gather_and_evaluate(context, interrupt, tests).await;
        let remaining = deadline.saturating_duration_since(Instant::now());
        if args.goal.reached(run.status()) || run.interrupted || remaining.is_zero() {
            return report(context, args, run);
        }
        if let Some(error) = permanent_error(&run) {
            context.terminal.print_note(&format!(
                "not waiting: {} (does not change by waiting)",
                error.message
            ));
            return report(context, args, run);
        }
        if let Some(drift) = environment_problem(&run, args.goal) {
            context
                .terminal
                .print_note(&format!("not waiting: {drift} (does not change by waiting)"));
            return report(context, args, run);
        }
        let reason = reason(&run);
        if reason != printed_reason {
            context.terminal.print_note(&format!(
                "waiting at most {}: {reason}",
                text::age(remaining.as_secs_f64())
            ));
            printed_reason = reason;
        }
        interrupt.sleep(PAUSE.min(remaining)).await;
        if interrupt.is_interrupted() {
            run.interrupted = true;
            return report(context, args, run);
        }
        // The next run reads the layout again, because the schema may have changed.
        fresh = context.fresh();
        context = &fresh;
    }
}

/// Returns the run with its report. With the goal `not-critical`, warnings do not fail.
fn report(context: &Context, args: &Triage, run: TriageRun) -> (TriageRun, Report) {
    let fail_on = match args.goal {
        Goal::Ok => args.status_args.fail_on,
        Goal::NotCritical => FailOn::Critical,
    };
    let mut report = run.report(context, fail_on);
    // A goal that was not reached fails regardless of `--fail-on`.
    if report.exit == ExitCode::Ok && !args.goal.reached(run.status()) {
        report.exit = ExitCode::from_status(run.status(), FailOn::Warning);
    }
    (run, report)
}

impl Goal {
    fn reached(self, status: Status) -> bool {
        match self {
            Self::Ok => status == Status::Ok,
            Self::NotCritical => matches!(status, Status::Ok | Status::Warning),
        }
    }
}

/// Returns the error of a required source that does not go away by itself.
fn permanent_error(run: &TriageRun) -> Option<&SourceError> {
    let facts = &run.facts;
    let errors = [facts.health.error(), facts.readiness.error(), facts.layout.error()];
    errors.into_iter().flatten().find(|error| error.kind.is_permanent())
}

/// Returns the detail of the environment area if its status misses the goal. Waiting does not change the
/// files of the checkout.
fn environment_problem(run: &TriageRun, goal: Goal) -> Option<String> {
    let environment = run.areas.iter().find(|area| area.section == Section::Environment)?;
    (!goal.reached(environment.status())).then(|| environment.detail())
}

/// Returns why the goal is not reached: `CRITICAL: 3.2 not ready because of worker`.
fn reason(run: &TriageRun) -> String {
    let status = run.status();
    match crate::triage::section(&run.areas) {
        Some(section) => {
            let message = section.matched.first().map_or("", |finding| finding.message.as_str());
            format!("{status}: {} {message}", section.section.number())
        }
        None => status.to_string(),
    }
}
