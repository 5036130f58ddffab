//! Finds the uses of environment keys in TypeScript and JavaScript, without executing it.
//!
//! `aliases` finds the names of the environment in a file, `visit` the uses of its keys. A file that contains
//! neither the letters `env` nor a declared key cannot use a key, so it is not parsed.

mod aliases;
#[cfg(test)]
mod tests;
mod visit;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

pub(crate) use aliases::{is_process_env, member};
use oxc_allocator::Allocator;
use oxc_span::SourceType;

use crate::zod::model::{CodeForm, CodeUse, Environment, SourceLine, Unresolved};
use crate::zod::typescript::{self, LineStarts};

/// Extensions of the files that the parser supports.
pub(crate) const SOURCE_EXTENSIONS: [&str; 8] =
    ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];
/// Extensions of component files, which contain source code in another language. They are not parsed;
/// those that use the environment are reported as unread.
pub(crate) const COMPONENT_EXTENSIONS: [&str; 3] = ["vue", "svelte", "astro"];

/// The uses of environment keys in one file.
#[derive(Debug, Default)]
pub(crate) struct FileUses {
    /// Every use.
    pub(crate) uses: Vec<CodeUse>,
    /// Lines that read a computed key.
    pub(crate) computed: Vec<SourceLine>,
    /// Why the file could not be parsed.
    pub(crate) unread: Option<Unresolved>,
}

impl FileUses {
    /// The result for a file that could not be read or parsed.
    pub(crate) fn unread(path: &Path, line: u32, reason: impl Into<String>) -> Self {
        Self { unread: Some(Unresolved::in_file(path, line, reason)), ..Self::default() }
    }
}

/// Reads the source files of an application, one after another.
pub(crate) struct CodeReader<'i> {
    arena: Allocator,
    declared: HashSet<String>,
    /// Whether an import path of a file is that of another schema's module or package.
    is_foreign: &'i dyn Fn(&Path, &str) -> bool,
}

impl<'i> CodeReader<'i> {
    /// A reader that finds mentions of the keys of the schemas.
    pub(crate) fn new(facts: &Environment, is_foreign: &'i dyn Fn(&Path, &str) -> bool) -> Self {
        let declared = facts.keys().map(|(_, key)| key.name.clone()).collect();
        Self { arena: Allocator::default(), declared, is_foreign }
    }

    /// The uses in the text of a file. `declares_schema` returns whether the file declares the schema.
    ///
    /// Must run on a thread with a stack of [`typescript::STACK_BYTES`].
    pub(crate) fn read(
        &mut self,
        path: &Path,
        text: &str,
        declares_schema: impl FnOnce() -> bool,
    ) -> FileUses {
        let read = AssertUnwindSafe(|| self.file_uses(path, text, declares_schema));
        let found = catch_unwind(read)
            .unwrap_or_else(|_| FileUses::unread(path, 1, "the TypeScript parser failed on it"));
        self.arena.reset();
        found
    }

    fn file_uses(
        &self,
        path: &Path,
        text: &str,
        declares_schema: impl FnOnce() -> bool,
    ) -> FileUses {
        let text = typescript::without_bom(text);
        if !self.may_use_keys(text) {
            return FileUses::default();
        }
        let lines = LineStarts::new(text);
        if let Some(offset) = typescript::too_deep(text) {
            return FileUses::unread(path, lines.line(offset), "it is nested too deeply");
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        if let Some(extension) = extension.filter(|known| COMPONENT_EXTENSIONS.contains(known)) {
            return component_uses(path, text, extension);
        }
        let kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::ts());
        // Type annotations in .js files (except Flow) and JSX are common; a `<T>x` cast is not.
        let kind = if kind.is_javascript() { kind.with_jsx(true) } else { kind };
        let program = match typescript::parse(&self.arena, text, kind) {
            Ok(program) => program,
            Err(error) => {
                let reason = format!("syntax error: {}", error.message);
                return FileUses::unread(path, lines.line(error.offset), reason);
            }
        };
        let place = |offset| SourceLine { file: path.to_owned(), line: lines.line(offset) };
        let is_foreign = |from: &str| (self.is_foreign)(path, from);
        visit::collect(&program, &self.declared, declares_schema(), &place, &is_foreign)
    }

    /// The declared keys that a text of another language names: `env("KEY")` of Prisma, `${KEY}` of a shell.
    pub(crate) fn mentions(&self, path: &Path, text: &str) -> FileUses {
        let mut found = FileUses::default();
        for (index, line) in text.lines().enumerate() {
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for key in words.filter(|word| self.declared.contains(*word)) {
                let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let place = SourceLine { file: path.to_owned(), line: number };
                found.uses.push(CodeUse { place, key: key.to_owned(), form: CodeForm::Mention });
            }
        }
        found
    }

    /// Whether a text can contain a use of a key.
    fn may_use_keys(&self, text: &str) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut words = text.split(|c| !is_word(c));
        text.contains("env") || words.any(|word| self.declared.contains(word))
    }
}

/// A component file is unread if its text names the environment.
fn component_uses(path: &Path, text: &str, extension: &str) -> FileUses {
    if text.contains("process.env") || text.contains("import.meta.env") {
        let reason = format!("a .{extension} file is not read, and it names the environment");
        return FileUses::unread(path, 1, reason);
    }
    FileUses::default()
}
