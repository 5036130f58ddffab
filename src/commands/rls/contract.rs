//! `rls contract`: writes an access contract from the current database, to review and commit.

use super::catalog;
use crate::access::write_contract::{contract_of, mark_for_review};
use crate::cli::RlsScope;
use crate::context::Context;
use crate::error::Error;
use crate::facts::access::Contract;
use crate::redact;
use crate::report::{self, Report};

/// Reads the catalog and returns the current access as a contract.
pub(crate) async fn run(context: &Context, args: &RlsScope) -> Result<Report, Error> {
    let catalog = catalog(context, args, &Contract::default()).await?;
    let contract = contract_of(&catalog);
    let text =
        toml::to_string(&contract).map_err(|e| Error::bug("cannot write the contract").cause(e))?;
    let text = mark_for_review(&contract, &text);
    if redact::text(&text) != text {
        context.terminal.print_note(
            "warning: a policy or function seems to contain a secret, and so does this contract",
        );
    }
    context.terminal.print_note(
        "this contract describes the current access, including leaks: review every line before you use it",
    );
    Ok(report::rls::contract::report(&contract, &text, &context.provenance()))
}
