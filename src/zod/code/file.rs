//! One source file: whether it is worth parsing, and what it holds.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

use super::aliases::Aliases;
use super::visit::Uses;
use super::{Findings, declaring, walk};
use crate::zod::model::{EnvSchema, SourceLine, Unresolved};
use crate::zod::schema::{lines, read_text, too_deep};

/// The keys that are declared, and where.
pub(crate) struct DeclaredKeys {
    pub keys: HashSet<String>,
    /// The files of the schema itself.
    declaring: BTreeSet<PathBuf>,
}

impl DeclaredKeys {
    pub(crate) fn new(schema: &EnvSchema) -> Self {
        let keys = schema.keys.iter().map(|key| key.name.clone()).collect();
        Self { keys, declaring: declaring(schema) }
    }

    /// Whether a use can stand in this text at all.
    fn may_occur(&self, text: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.contains("env") || text.split(|c| !word(c)).any(|word| self.keys.contains(word))
    }
}

/// Reads one file; what cannot be read is said.
pub(crate) fn read(arena: &Allocator, path: &Path, vocabulary: &DeclaredKeys) -> Findings {
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) => return missed(path, 1, &reason(&error)),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if !vocabulary.may_occur(text) {
        return Findings::default();
    }
    let starts = lines::starts(text);
    if let Some(offset) = too_deep(text) {
        return missed(path, lines::line_at(&starts, offset), "it is nested too deeply");
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if walk::COMPONENTS.contains(&extension) {
        let read = text.contains("process.env") || text.contains("import.meta.env");
        let why = format!("a .{extension} file is not read, and it names the environment");
        return if read { missed(path, 1, &why) } else { Findings::default() };
    }
    parse(arena, path, text, &starts, vocabulary)
}

fn parse(
    arena: &Allocator,
    path: &Path,
    text: &str,
    starts: &[u32],
    vocabulary: &DeclaredKeys,
) -> Findings {
    let source = arena.alloc_str(text);
    let kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::ts());
    // Types in .js files (Flow aside) and JSX in any of them are common; a `<T>x` cast is not.
    let kind = if kind.is_javascript() { kind.with_jsx(true) } else { kind };
    let options = ParseOptions { preserve_parens: false, ..ParseOptions::default() };
    let parsed = Parser::new(arena, source, kind).with_options(options).parse();
    if let Some(error) = parsed.diagnostics.errors().next() {
        let offset = error.labels.first().map_or(0, |label| label.offset());
        return missed(
            path,
            lines::line_at(starts, offset),
            &format!("syntax error: {}", error.message),
        );
    }
    let aliases = Aliases::collect(&parsed.program);
    let own = path.canonicalize().is_ok_and(|path| vocabulary.declaring.contains(&path));
    let place = |offset| SourceLine { file: path.to_owned(), line: lines::line_at(starts, offset) };
    Uses::new(&parsed.program, &aliases, &vocabulary.keys, own, &place)
}

fn reason(error: &crate::zod::schema::SchemaError) -> String {
    let source = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", source.unwrap_or_default())
}

fn missed(path: &Path, line: u32, reason: &str) -> Findings {
    Findings { unread: vec![unread(path, line, reason)], ..Findings::default() }
}

/// Something that could not be read.
pub(crate) fn unread(path: &Path, line: u32, reason: &str) -> Unresolved {
    let place = SourceLine { file: path.to_owned(), line };
    Unresolved { place, reason: reason.to_owned() }
}
