//! `rls whocan`: what a user can see and change, and through which memberships.

use super::{catalog, contract};
use crate::cli::RlsWhocan;
use crate::context::Context;
use crate::error::Error;
use crate::facts::access::catalog::{AccessCatalog, Relation};
use crate::report::{self, Report};
use crate::settings::suggest::did_you_mean;
use crate::sources::postgres::user_access;

/// Acts as the user and reports each table.
pub(crate) async fn run(context: &Context, args: &RlsWhocan) -> Result<Report, Error> {
    let contract = contract(context, &args.scope)?;
    let mut scope = args.scope.clone();
    scope.role.push(args.as_role.clone());
    let catalog = catalog(context, &scope, &contract).await?;
    let Some(role) = catalog.role(&args.as_role) else {
        return Err(Error::usage(format!("unknown role \"{}\"", args.as_role)));
    };
    let tables = match &args.table {
        Some(name) => vec![table(&catalog, name)?],
        None => catalog.tables().filter(|t| t.reachable_by(&role.name)).collect(),
    };
    let (database, budget) = (context.database().await?, context.remaining());
    let found =
        user_access::read(database, budget, &catalog, &contract, &tables, role, &args.user).await?;
    let from = context.provenance();
    Ok(report::rls::whocan::report(&args.user, &role.name, found, &from).redacted())
}

/// Returns the table with this name, with or without its schema.
pub(crate) fn table<'a>(catalog: &'a AccessCatalog, name: &str) -> Result<&'a Relation, Error> {
    let is_named = |r: &&Relation| r.name == name || r.local_name() == name;
    catalog.tables().find(is_named).ok_or_else(|| {
        let names: Vec<_> = catalog.tables().map(|t| t.name.as_str()).collect();
        let message = format!("unknown table \"{name}\" in {}", catalog.schemas.join(", "));
        Error::usage(message).hint(did_you_mean(name, &names))
    })
}
