//! The arguments of `demo`.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::old_names;
use super::spec::Spec;
use crate::demo::fix;
use crate::demo::scenario::SCENARIOS;

pub(super) const DEMO: Spec = Spec::listing(
    "demo",
    &[
        ("demo", "start an incident; Ctrl-C ends it"),
        ("demo --scenario dead-letters", "start another incident"),
        ("demo --exec \"dlq list\"", "run one command against a new demo"),
        ("demo --fix PUBLISH_TIKTOK", "deploy a fix to the running demo"),
    ],
);

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Incident to simulate
    #[arg(long, value_name = "NAME", default_value = "incident", value_parser = scenarios())]
    pub(crate) scenario: String,
    /// List the scenarios
    #[arg(long)]
    pub(crate) list_scenarios: bool,
    /// Deploy a fix to the running demo: jobs of this kind succeed, and workers process the backlog
    #[arg(
        long,
        value_name = "KIND",
        conflicts_with_all = ["exec", "list_scenarios", "scenario"],
        value_parser = PossibleValuesParser::new(fix::kinds())
    )]
    pub(crate) fix: Option<String>,
    /// Run one command against a new demo and exit with its exit code: --exec "dlq list"
    #[arg(
        long,
        value_name = "COMMAND",
        conflicts_with = "list_scenarios",
        allow_hyphen_values = true
    )]
    pub(crate) exec: Option<String>,
}

fn scenarios() -> PossibleValuesParser {
    PossibleValuesParser::new(
        SCENARIOS
            .iter()
            .map(|s| PossibleValue::new(s.name).help(s.about).aliases(old_names::of(s.name))),
    )
}
