//! `rls explain`: explains why a role may or may not run a command on a table.

use super::gather;
use super::whocan::table;
use crate::cli::{RlsExplain, RowCommand};
use crate::context::Context;
use crate::error::Error;
use crate::facts::access::SqlCommand;
use crate::report::{self, Report};

/// Gathers the access and reports each step of the decision.
pub(crate) async fn run(context: &Context, args: &RlsExplain) -> Result<Report, Error> {
    let mut scope = args.scope.clone();
    scope.role.push(args.as_role.clone());
    let audit = gather(context, &scope, None).await?;
    let catalog = &audit.catalog;
    let Some(role) = catalog.role(&args.as_role) else {
        return Err(Error::usage(format!("unknown role \"{}\"", args.as_role)));
    };
    let table = table(catalog, &args.table)?;
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
