//! Redacts a complete report. Most texts are redacted where they are read; those of policies and functions are not,
//! because an access contract and its comparison need them as they are.

use super::{Block, Data, Report};
use crate::facts::finding;
use crate::redact;

impl Report {
    /// Redacts every text that a person or program reads. Suggested commands are built from names and stay as they
    /// are.
    #[must_use]
    pub(crate) fn redacted(mut self) -> Self {
        for finding in &mut self.findings {
            redact(&mut finding.subject);
            redact(&mut finding.message);
            finding.suggested_fix.iter_mut().for_each(redact);
            let evidence = finding.evidence.iter_mut();
            evidence.for_each(|evidence| {
                if let finding::Value::Text(text) = &mut evidence.value {
                    redact(text);
                }
            });
        }
        self.document.blocks.iter_mut().for_each(redact_block);
        for (_, detail) in &mut self.not_examined {
            redact(detail);
        }
        let Data { json, flags } = self.data;
        self.data = Data { json: Box::new(move |flags| redact::strings(json(flags))), flags };
        self
    }
}

fn redact(text: &mut String) {
    *text = redact::text(text);
}

fn redact_block(block: &mut Block) {
    match block {
        Block::Headline { text, also, .. } => {
            redact(text);
            also.iter_mut().for_each(redact);
        }
        Block::Heading(text) | Block::Verbatim(text) | Block::Sql(text) => redact(text),
        Block::Note(text) => text.change_text(redact),
        Block::Title(cells) => cells.iter_mut().for_each(|cell| redact(&mut cell.text)),
        Block::Pairs(pairs) => pairs.iter_mut().for_each(|(_, cell)| redact(&mut cell.text)),
        Block::Table(table) => {
            table.rows.iter_mut().flatten().for_each(|cell| redact(&mut cell.text));
        }
        Block::Raw(_) | Block::Markdown(_) | Block::Next(_) => {}
    }
}
