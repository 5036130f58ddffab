//! `rls`: expected, computed and tested access of roles to tables.

pub(crate) mod audit;
pub(crate) mod contract;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod last_audit;
pub(crate) mod matrix;
pub(crate) mod whocan;

use futures_util::future::join;
use jiff::tz::TimeZone;

use crate::cli::RlsScope;
use crate::context::Context;
use crate::error::Error;
use crate::facts::SourceError;
use crate::facts::access::contract::STORAGE_SCHEMA;
use crate::facts::access::{
    AccessCatalog, AccessTests, Audit, CLIENT_ROLES, Contract, SERVICE_ROLE,
};
use crate::permit::WritePermit;
use crate::settings::suggest::did_you_mean;
use crate::sources::files::contract as contract_file;
use crate::sources::postgres::{access, evaluate, probe};

/// Reads the contract and the catalog, and tests the access of each role. Tests writes only with a
/// permit.
async fn gather(
    context: &Context,
    scope: &RlsScope,
    permit: Option<&WritePermit>,
) -> Result<Audit, Error> {
    let contract = contract(context, scope)?;
    let mut catalog = unevaluated_catalog(context, scope, &contract).await?;
    let (database, budget) = (context.database().await?, context.remaining());
    let (evaluations, observations) = join(
        evaluate::read(database, budget, &contract, &catalog),
        probe::observe(database, budget, &contract, &catalog, permit),
    )
    .await;
    catalog.evaluations = evaluations;
    Ok(audit(context, contract, catalog, observations))
}

/// Reads the contract: of the command line, else of the context, else the built-in one.
fn contract(context: &Context, scope: &RlsScope) -> Result<Contract, Error> {
    let configured = context.settings.access_contract.as_ref().map(|file| file.value.as_path());
    let read = || {
        let mut contract = contract_file::read(scope.contract.as_deref().or(configured))?;
        if scope.storage {
            contract.add_platform(contract_file::storage()?);
        }
        Ok(contract)
    };
    read().map_err(|e: SourceError| Error {
        hints: e.hint.into_iter().collect(),
        ..Error::config(e.message)
    })
}

/// Reads the catalog for the usual roles and those of the contract and of `--role`, and evaluates the policies.
async fn catalog(
    context: &Context,
    scope: &RlsScope,
    contract: &Contract,
) -> Result<AccessCatalog, Error> {
    let mut catalog = unevaluated_catalog(context, scope, contract).await?;
    let database = context.database().await?;
    catalog.evaluations = evaluate::read(database, context.remaining(), contract, &catalog).await;
    Ok(catalog)
}

async fn unevaluated_catalog(
    context: &Context,
    scope: &RlsScope,
    contract: &Contract,
) -> Result<AccessCatalog, Error> {
    let mut roles: Vec<String> = CLIENT_ROLES.map(str::to_owned).to_vec();
    roles.push(SERVICE_ROLE.to_owned());
    roles.extend(contract.tables.values().flat_map(|table| table.roles.keys().cloned()));
    roles.extend(scope.role.iter().cloned());
    roles.sort();
    roles.dedup();
    let database = context.database().await?;
    let also = scope.storage.then_some(STORAGE_SCHEMA);
    let catalog = access::read(database, context.remaining(), &roles, &scope.schemas, also).await?;
    refuse_unknown_names(scope, &catalog)?;
    Ok(catalog)
}

/// Refuses roles and schemas of the command line that do not exist: an audit of nothing would pass.
fn refuse_unknown_names(scope: &RlsScope, catalog: &AccessCatalog) -> Result<(), Error> {
    let session = &catalog.session;
    for (kind, given, known) in [
        ("role", &scope.role, &session.all_roles),
        ("schema", &scope.schemas, &session.all_schemas),
    ] {
        if let Some(name) = given.iter().find(|name| !known.contains(name)) {
            let names: Vec<_> = known.iter().map(String::as_str).collect();
            return Err(
                Error::usage(format!("unknown {kind} \"{name}\"")).hint(did_you_mean(name, &names))
            );
        }
    }
    if scope.storage && !session.all_schemas.iter().any(|name| name == STORAGE_SCHEMA) {
        return Err(Error::usage("--storage: there is no schema \"storage\" in this database"));
    }
    Ok(())
}

fn audit(
    context: &Context,
    contract: Contract,
    catalog: AccessCatalog,
    observations: AccessTests,
) -> Audit {
    let at = context.now();
    let today = TimeZone::UTC.to_datetime(at).date();
    Audit { contract, catalog, observations, at, today }
}
