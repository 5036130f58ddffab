//! The report of `rls contract`: TOML to review and commit.

use crate::facts::access::Contract;
use crate::redact::sanitize;
use crate::report::{Block, Document, Provenance, Report};
use crate::suggest::ShellCommand;

/// Builds the report; the table format is the contract file itself.
pub(crate) fn report(contract: &Contract, text: &str, from: &Provenance) -> Report {
    let mut document = Document::default();
    // A line break in the name would end the comment.
    let database = sanitize::line(from.database.as_deref().unwrap_or("a database"));
    let header = format!(
        "# Contract of {database}, written by {}.\n\
         # It describes the current access, including leaks: review every line before you commit it.\n\
         # A table or path that is open to clients has the comment \"review\"; the audit warns until you remove it.",
        ShellCommand::new("rls contract")
    );
    document.push(Block::Raw(format!("{header}\n\n{text}")));
    Report::listing("rls contract", contract.clone(), document)
}
