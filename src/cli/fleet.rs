//! The commands that run in several contexts at once.

use std::time::Duration;

use super::{Command, FailOnArgs, QueueArgs, Ready, Rls, RlsAudit, SPECS, Spec, Triage};
use crate::exit::FailOn;

/// A command for several contexts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FleetCommand<'a> {
    /// Its spec.
    pub(crate) spec: &'static Spec,
    /// Its arguments.
    pub(crate) arguments: FleetArguments<'a>,
}

/// The arguments of a command for several contexts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FleetArguments<'a> {
    Triage(&'a Triage),
    Health(&'a FailOnArgs),
    Ready(&'a Ready),
    Queue(&'a QueueArgs),
    RlsAudit(&'a RlsAudit),
}

impl<'a> FleetCommand<'a> {
    /// Returns the command with its arguments.
    ///
    /// # Errors
    /// Why the command, or one of its options, supports only one context.
    pub(crate) fn new(command: &'a Command) -> Result<Self, String> {
        use FleetArguments::{Health, Queue, Ready, RlsAudit, Triage};
        let only_one = |reason: &str| Err(reason.to_owned());
        let arguments = match command {
            Command::Triage(args) if args.save.is_some() || args.from.is_some() => {
                return only_one("a saved triage belongs to one context");
            }
            Command::Triage(args) if args.with_tests => {
                return only_one("the tests belong to one checkout");
            }
            Command::Queue(args) if args.advise => {
                return only_one("index advice belongs to one database");
            }
            Command::Rls(Rls::Audit(args)) if args.probe_writes => {
                return only_one("--probe-writes writes to the database");
            }
            Command::Env(_) | Command::Rls(Rls::Diff(_)) => {
                return only_one("it reads files, which are the same in every context");
            }
            Command::Triage(args) => Triage(args),
            Command::Health(args) => Health(args),
            Command::Ready(args) => Ready(args),
            Command::Queue(args) => Queue(args),
            Command::Rls(Rls::Audit(args)) => RlsAudit(args),
            _ => {
                let names = SPECS.iter().filter(|spec| spec.several_contexts);
                let names: Vec<_> = names.map(|spec| spec.name).collect();
                return Err(format!("commands with several contexts: {}", names.join(", ")));
            }
        };
        Ok(Self { spec: command.spec(), arguments })
    }

    /// Returns the lowest status that fails.
    pub(crate) fn fail_on(self) -> FailOn {
        match self.arguments {
            FleetArguments::Triage(args) => args.status_args.fail_on,
            FleetArguments::Health(status_args) => status_args.fail_on,
            FleetArguments::Ready(args) => args.status_args.fail_on,
            FleetArguments::Queue(args) => args.status_args.fail_on,
            FleetArguments::RlsAudit(args) => args.status_args.fail_on,
        }
    }

    /// Returns how long it waits beyond its time budget.
    pub(crate) fn wait(self) -> Duration {
        match self.arguments {
            FleetArguments::Triage(args) => args.wait.unwrap_or_default(),
            FleetArguments::Health(_)
            | FleetArguments::Ready(_)
            | FleetArguments::Queue(_)
            | FleetArguments::RlsAudit(_) => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Cli;
    use super::*;

    #[test]
    fn specs_say_which_commands_run_in_several_contexts() {
        for spec in SPECS {
            let words = [vec!["cliplyctl"], spec.name.split(' ').collect()].concat();
            // A command with required arguments runs in one context only.
            let several =
                Cli::try_parse_from(words).is_ok_and(|cli| FleetCommand::new(&cli.command).is_ok());
            assert_eq!(several, spec.several_contexts, "{}", spec.name);
        }
    }
}
