//! `triage --with-tests`: runs the app's own test scripts in the current checkout before the probes.

use std::path::Path;

use crate::checks::app_tests::SCRIPTS;
use crate::cli::Triage;
use crate::context::Context;
use crate::facts::test_run::TestRun;
use crate::interrupt::Interrupt;
use crate::sources::test_run;

/// Runs the scripts one after the other and prints their output to stderr. The time budget of the probes
/// starts after them.
pub(crate) async fn run(context: &Context, args: &Triage, interrupt: &Interrupt) -> Vec<TestRun> {
    let mut runs = Vec::new();
    for (script, _) in SCRIPTS {
        context.terminal.print_note(&format!("pnpm {script}"));
        let print_line = |line: &str| context.terminal.print_note(&format!("  {line}"));
        let dir = Path::new(".");
        runs.push(test_run::run(dir, script, args.tests_timeout, interrupt, print_line).await);
    }
    context.reset_deadline();
    runs
}
