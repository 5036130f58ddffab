//! `triage`: the runbook's quick checklist, all probes at once.

mod gather;
mod probes;
mod wait;

use crate::cli::Triage;
use crate::context::Context;
use crate::exit::{ExitCode, FailOn};
use crate::facts::Verdict;
use crate::interrupt::Interrupt;
use crate::report::{self, Report};
use crate::triage::{Facts, Step, judge};
use probes::Probes;

/// Probes concurrently, then judges; with `--wait` again and again.
pub async fn run(context: &Context, args: &Triage) -> Report {
    let interrupt = Interrupt::listen();
    match args.wait {
        Some(limit) => wait::run(context, args, &interrupt, limit).await,
        None => look(context, &interrupt).await.report(context, args.judging.fail_on),
    }
}

/// What one look around showed.
struct Look {
    facts: Facts,
    steps: Vec<Step>,
    interrupted: bool,
}

async fn look(context: &Context, interrupt: &Interrupt) -> Look {
    let probes = Probes::start(context, interrupt, &gather::SOURCES);
    let facts = gather::gather(context, &probes).await;
    let steps = judge(&facts, &context.settings.limits);
    Look { facts, steps, interrupted: probes.interrupted() }
}

impl Look {
    fn verdict(&self) -> Verdict {
        Verdict::worst(self.steps.iter().map(Step::verdict))
    }

    /// The report of what is known; one that was cut short by a signal says so by its exit code.
    fn report(&self, context: &Context, fail_on: FailOn) -> Report {
        let from = context.provenance();
        let mut report = report::triage::report(&self.facts, &self.steps, fail_on, &from);
        if self.interrupted {
            report.exit = ExitCode::Interrupted;
        }
        report
    }
}
