//! The environment's schema, read from its TypeScript source. Nothing is executed.
//!
//! `module` parses a file, `imports` follows names, `node` decides what an expression is; `object`,
//! `leaf`, `modifiers`, `checked`, `functions` and `create_env` each know one part of zod's
//! vocabulary. Outside of it a key still counts as declared and its rule is unresolved, with its
//! line: there is no guessing.

mod candidates;
mod chain;
mod checked;
mod constants;
mod create_env;
mod functions;
mod imports;
mod leaf;
pub(crate) mod lines;
mod modifiers;
mod module;
mod nesting;
mod node;
mod object;
mod package;
mod presets;

use std::path::{Path, PathBuf};

use imports::SchemaReader;
pub(crate) use imports::read_text;
pub(crate) use nesting::too_deep;
use oxc_allocator::Allocator;

use crate::zod::model::{EnvSchema, SourceLine};

/// The largest source file that is read, in bytes.
pub const MAX_BYTES: u64 = 8 << 20;
/// Expressions looked at before a schema counts as too large: a file of 5 MiB stays below.
const MAX_STEPS: u32 = 2_000_000;
/// The parser recurses; with the limits of `nesting` this is never used up.
pub(crate) const STACK_BYTES: usize = 256 << 20;

/// Where a schema lives by convention, the backend's own place first.
pub const CONVENTIONAL_PATHS: [&str; 10] = [
    "packages/shared/src/env.ts",
    "packages/env/src/index.ts",
    "packages/config/src/env.ts",
    "src/env.ts",
    "src/env.mjs",
    "src/lib/env.ts",
    "src/config/env.ts",
    "lib/env.ts",
    "env.ts",
    "env.mjs",
];

/// Why there is no schema to judge by.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The system refused.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No source file has that size.
    #[error("{path} is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// TypeScript is UTF-8.
    #[error("{path} is not UTF-8")]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// The parser refused.
    #[error("syntax error at {place}: {message}")]
    Syntax {
        /// Where.
        place: SourceLine,
        /// What the parser said.
        message: String,
    },
    /// Nested as no person writes.
    #[error("nested too deeply at {place}")]
    TooDeep {
        /// Where.
        place: SourceLine,
    },
    /// None of the conventional places has a file.
    #[error("no schema file in any of the usual places below {folder}")]
    NoFile {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The file declares no schema, or not the one asked for.
    #[error("no schema {} in {path}", name.as_deref().unwrap_or("of zod"))]
    NotFound {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        name: Option<String>,
    },
    /// Several, and nothing says which.
    #[error("several schemas in {path}: {}", names.join(", "))]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// Found, but not one that can be read without running it.
    #[error("the schema at {place} cannot be read: {reason}")]
    Unreadable {
        /// Where.
        place: SourceLine,
        /// What stood in the way.
        reason: String,
    },
}

/// The first conventional place below a folder that has a file.
///
/// # Errors
/// [`SchemaError::NoFile`] when none has.
pub fn find(folder: &Path) -> Result<PathBuf, SchemaError> {
    let mut places = CONVENTIONAL_PATHS.iter().map(|place| folder.join(place));
    places
        .find(|path| path.is_file())
        .ok_or_else(|| SchemaError::NoFile { folder: folder.to_owned() })
}

/// Reads the schema of that name from a file, or the only one there.
///
/// # Errors
/// When the file, or a schema in it, cannot be read. See [`SchemaError`].
pub fn read(path: &Path, name: Option<&str>) -> Result<EnvSchema, SchemaError> {
    parse(path, &imports::read_text(path)?, name)
}

/// Reads a schema from text that stands for the file at `path`; its imports are read from there.
///
/// # Errors
/// See [`read`].
pub fn parse(path: &Path, text: &str, name: Option<&str>) -> Result<EnvSchema, SchemaError> {
    let worker = || {
        let arena = Allocator::default();
        let reader = SchemaReader::new(&arena, MAX_STEPS);
        let module = reader.open(path, text)?;
        reader.choose(&module, name)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let spawned = thread.spawn_scoped(scope, worker);
        let io = |source| SchemaError::Io { path: path.to_owned(), source };
        spawned.map_err(io)?.join().unwrap_or_else(|_| {
            Err(SchemaError::Unreadable {
                place: SourceLine { file: path.to_owned(), line: 1 },
                reason: "the TypeScript parser failed on it".to_owned(),
            })
        })
    })
}

#[cfg(test)]
mod tests;
