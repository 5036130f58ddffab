//! `triage --wait`: looks again until all is well, for as long as waiting can change anything.

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

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Looks until the goal is reached, time is up, or waiting cannot help. The last look may take its
/// own `--timeout` beyond the limit: an answer is worth more than a punctual UNKNOWN.
pub async fn run(
    context: &Context,
    args: &Triage,
    interrupt: &Interrupt,
    limit: Duration,
    tests: &[TestRun],
) -> (TriageRun, Report) {
    let ends = Instant::now() + limit;
    let mut said = String::new();
    let mut again;
    let mut context = context;
    loop {
        let mut seen = gather_and_evaluate(context, interrupt, tests).await;
        let left = ends.saturating_duration_since(Instant::now());
        if args.goal.reached(seen.verdict()) || seen.interrupted || left.is_zero() {
            return report(context, args, seen);
        }
        if let Some(error) = permanent_error(&seen) {
            context
                .terminal
                .print_note(&format!("not waiting: {} (waiting changes nothing)", error.message));
            return report(context, args, seen);
        }
        if let Some(drift) = drifted(&seen, args.goal) {
            context
                .terminal
                .print_note(&format!("not waiting: {drift} (waiting changes no checkout)"));
            return report(context, args, seen);
        }
        let reason = reason(&seen);
        if reason != said {
            context.terminal.print_note(&format!(
                "waiting {} at most: {reason}",
                text::age(left.as_secs_f64())
            ));
            said = reason;
        }
        interrupt.sleep(PAUSE.min(left)).await;
        if interrupt.happened() {
            seen.interrupted = true;
            return report(context, args, seen);
        }
        // What this look knew of the schema is not taken for what can be seen at the next.
        again = context.fresh();
        context = &again;
    }
}

/// Not critical is a goal for which warnings do not fail.
fn report(context: &Context, args: &Triage, seen: TriageRun) -> (TriageRun, Report) {
    let fail_on = match args.goal {
        Goal::Ok => args.judging.fail_on,
        Goal::NotCritical => FailOn::Critical,
    };
    let mut report = seen.report(context, fail_on);
    // Waited for OK in vain: that fails, whatever is forgiven otherwise.
    if report.exit == ExitCode::Ok && !args.goal.reached(seen.verdict()) {
        report.exit = ExitCode::from_status(seen.verdict(), FailOn::Warning);
    }
    (seen, report)
}

impl Goal {
    fn reached(self, verdict: Status) -> bool {
        match self {
            Self::Ok => verdict == Status::Ok,
            Self::NotCritical => matches!(verdict, Status::Ok | Status::Warning),
        }
    }
}

/// A required source that will say the same in a minute.
fn permanent_error(seen: &TriageRun) -> Option<&SourceError> {
    let facts = &seen.facts;
    let errors = [facts.health.error(), facts.readiness.error(), facts.layout.error()];
    errors.into_iter().flatten().find(|error| error.kind.is_permanent())
}

/// What is wrong with the checkout, where that alone keeps the goal away.
fn drifted(seen: &TriageRun, goal: Goal) -> Option<String> {
    let checkout = seen.areas.iter().find(|step| step.section == Section::Environment)?;
    (!goal.reached(checkout.status())).then(|| checkout.detail())
}

/// `CRITICAL: 3.2 not ready because of worker`
fn reason(seen: &TriageRun) -> String {
    let verdict = seen.verdict();
    match crate::triage::section(&seen.areas) {
        Some(section) => {
            let why = section.matched.first().map_or("", |finding| finding.message.as_str());
            format!("{verdict}: {} {why}", section.section.number())
        }
        None => verdict.to_string(),
    }
}
