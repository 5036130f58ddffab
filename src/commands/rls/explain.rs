//! `rls explain`: explains why a role may or may not run a command on a table.

use super::gather;
use crate::cli::{RlsExplain, RowCommand};
use crate::context::Context;
use crate::error::Error;
use crate::facts::access::SqlCommand;
use crate::report::{self, Report};
use crate::settings::suggest::did_you_mean;

/// Gathers the access and reports each step of the decision.
pub(crate) async fn run(context: &Context, args: &RlsExplain) -> Result<Report, Error> {
    let mut scope = args.scope.clone();
    scope.role.push(args.as_role.clone());
    let audit = gather(context, &scope, None).await?;
    let catalog = &audit.catalog;
    let Some(role) = catalog.role(&args.as_role) else {
        return Err(Error::usage(format!("there is no role \"{}\"", args.as_role)));
    };
    let is_named = |r: &&crate::facts::access::catalog::Relation| {
        r.name == args.table || r.name.split_once('.').is_some_and(|(_, name)| name == args.table)
    };
    let Some(table) = catalog.tables().find(is_named) else {
        let names: Vec<_> = catalog.tables().map(|t| t.name.as_str()).collect();
        let message =
            format!("there is no table \"{}\" in {}", args.table, catalog.schemas.join(", "));
        return Err(Error::usage(message).hint(did_you_mean(&args.table, &names)));
    };
    let command = match args.cmd {
        RowCommand::Select => SqlCommand::Select,
        RowCommand::Insert => SqlCommand::Insert,
        RowCommand::Update => SqlCommand::Update,
        RowCommand::Delete => SqlCommand::Delete,
    };
    Ok(report::rls::explain::report(
        &audit,
        (table, role, command),
        &args.scope.flags(),
        &context.provenance(),
    )
    .redacted())
}
