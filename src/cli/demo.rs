//! The arguments of `demo`.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::demo::fix;
use crate::demo::scenario::SCENARIOS;

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// What is to be wrong
    #[arg(long, value_name = "NAME", default_value = "incident", value_parser = scenarios())]
    pub(crate) scenario: String,
    /// List the scenarios
    #[arg(long)]
    pub(crate) list_scenarios: bool,
    /// Deploy a fix to the demo that is running: its workers no longer fail at this kind of job
    #[arg(
        long,
        value_name = "KIND",
        conflicts_with_all = ["exec", "list_scenarios", "scenario"],
        value_parser = PossibleValuesParser::new(fix::kinds())
    )]
    pub(crate) fix: Option<String>,
    /// Run one command against it and end with its exit code: --exec "dlq list"
    #[arg(
        long,
        value_name = "COMMAND",
        conflicts_with = "list_scenarios",
        allow_hyphen_values = true
    )]
    pub(crate) exec: Option<String>,
}

fn scenarios() -> PossibleValuesParser {
    PossibleValuesParser::new(SCENARIOS.iter().map(|s| PossibleValue::new(s.name).help(s.about)))
}
