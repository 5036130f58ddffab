//! The report of `rls contract`: TOML to review and commit.

use crate::facts::access::Contract;
use crate::report::{Block, Document, Provenance, Report};

/// Builds the report; the table format is the contract file itself.
pub(crate) fn report(contract: &Contract, text: &str, from: &Provenance) -> Report {
    let mut document = Document::default();
    let database = from.database.as_deref().unwrap_or("a database");
    let header = format!(
        "# Written by cliplyctl rls contract from {database}.\n\
         # It declares what is, not what should be: review every line before you commit it."
    );
    document.push(Block::Raw(format!("{header}\n\n{text}")));
    Report::listing("rls contract", contract.clone(), document)
}
