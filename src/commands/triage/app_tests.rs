//! `triage --with-tests`: the documented checks of the checkout that it is called in, before the look.

use std::path::Path;

use crate::checks::app_tests::SCRIPTS;
use crate::cli::Triage;
use crate::context::Context;
use crate::facts::test_run::TestRun;
use crate::interrupt::Interrupt;
use crate::sources::test_run;

/// Runs them one after the other and passes their lines on to stderr. The budget of the look begins
/// after them.
pub(crate) async fn run(context: &Context, args: &Triage, interrupt: &Interrupt) -> Vec<TestRun> {
    let mut runs = Vec::new();
    for (script, _) in SCRIPTS {
        context.terminal.print_note(&format!("pnpm {script}"));
        let say = |line: &str| context.terminal.print_note(&format!("  {line}"));
        let here = Path::new(".");
        runs.push(test_run::run(here, script, args.tests_timeout, interrupt, say).await);
    }
    context.reset_deadline();
    runs
}
