//! One file a verb: gather, judge, report.

mod config;
pub mod demo;
mod dlq;
mod health;
mod queue;
mod ready;
mod schema;
mod triage;

use crate::cli::{Command, Config, Dlq};
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;

/// Runs a command.
///
/// # Errors
/// Whatever kept it from saying anything at all.
pub async fn run(command: &Command, context: &Context) -> Result<Report, Error> {
    match command {
        Command::Triage(args) => Ok(triage::run(context, args).await),
        Command::Health(args) => health::run(context, args).await,
        Command::Ready(args) => ready::run(context, args).await,
        Command::Queue(args) => queue::run(context, args).await,
        Command::Dlq(Dlq::Groups(args)) => dlq::groups::run(context, args).await,
        Command::Dlq(Dlq::List(args)) => dlq::list::run(context, args).await,
        Command::Config(Config::Show) => Ok(config::show(context)),
        Command::Config(Config::Check) => config::check(context).await,
        // Handled before there are settings: `demo::run`.
        Command::Demo(_) => Err(Error::bug("the demo takes no settings")),
        Command::Schema => Ok(schema::run()),
    }
}
