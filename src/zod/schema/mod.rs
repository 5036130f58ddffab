//! Reads an environment schema from its TypeScript source.
//!
//! `module` parses a file, `resolve` follows its names through functions (`scope`), imports and packages of the
//! checkout (`paths`). `select` finds the schema that is meant, with the places that parse the environment
//! (`sites`), what reaches the schema there (`input`, `defaults`), and the code behind it (`after`). `node` determines
//! the meaning of an expression with the help of `object`, `create_env`, `leaf` (constructors), `methods` (modifiers
//! and checks) and `functions` (calls and conditions); `constants` evaluates values, `script` prepares code for the
//! engine; `package` determines the major version of zod. If an expression is not supported, its key counts as
//! declared and its rule is unresolved; nothing is guessed.

mod after;
mod build;
mod constants;
mod create_env;
mod defaults;
mod functions;
mod input;
mod leaf;
mod methods;
mod module;
mod node;
mod object;
mod package;
mod paths;
mod presets;
mod resolve;
mod scope;
mod script;
mod select;
mod sites;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use resolve::SchemaReader;

use crate::zod::model::{EnvSchema, SourceLine};
use crate::zod::typescript::STACK_BYTES;

/// The largest source file that is read, in bytes.
pub(crate) const MAX_BYTES: u64 = 8 << 20;
/// Steps of reading before a schema counts as too large; a file of 5 MiB stays below.
const MAX_STEPS: u32 = 2_000_000;
/// Conventional paths of a schema below the project root; the path of the backend is first.
pub(crate) const CONVENTIONAL_PATHS: [&str; 26] = [
    "packages/shared/src/env.ts",
    "packages/env/src/index.ts",
    "packages/config/src/env.ts",
    "src/env.ts",
    "src/env.mjs",
    "src/env.js",
    "src/env/server.ts",
    "src/env/index.ts",
    "src/lib/env.ts",
    "src/lib/env/index.ts",
    "src/libs/Env.ts",
    "src/config/env.ts",
    "src/utils/env.ts",
    "src/env.server.ts",
    "src/lib/env.server.ts",
    "src/server/env.ts",
    "lib/env.ts",
    "config/env.ts",
    "app/utils/env.server.ts",
    "app/env.server.ts",
    "app/lib/env.server.ts",
    "env.server.ts",
    "env.ts",
    "env.mjs",
    "env.js",
    "env.config.ts",
];

/// Why a schema could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The file could not be read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is larger than [`MAX_BYTES`].
    #[error("{path} is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is not UTF-8.
    #[error("{path} is not UTF-8")]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// The file is not valid TypeScript.
    #[error("syntax error at {place}: {message}")]
    Syntax {
        /// The line.
        place: SourceLine,
        /// The message of the parser.
        message: String,
    },
    /// The nesting exceeds the limit.
    #[error("nested too deeply at {place}")]
    TooDeep {
        /// The line.
        place: SourceLine,
    },
    /// No conventional path has a file.
    #[error("no schema file in any of the usual places below {folder}")]
    NoFile {
        /// The project root.
        folder: PathBuf,
    },
    /// The file has no schema, or none of the requested name.
    #[error("no schema {} in {path}", name.as_deref().unwrap_or("of zod"))]
    NotFound {
        /// The file.
        path: PathBuf,
        /// The requested name.
        name: Option<String>,
    },
    /// The file has several schemas.
    #[error("several schemas in {path} may be the environment's: {}", names.join(", "))]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// The schema depends on code.
    #[error("the schema at {place} cannot be read: {reason}")]
    Unreadable {
        /// The line.
        place: SourceLine,
        /// The reason.
        reason: String,
    },
}

/// Access to the files that a schema refers to: relative imports and package.json.
///
/// This room does no IO; the caller provides these functions.
#[derive(Clone, Copy)]
pub struct Files {
    /// Reads a text file.
    pub(crate) read: fn(&Path) -> Result<String, SchemaError>,
    /// Whether a path is a regular file.
    pub(crate) is_file: fn(&Path) -> bool,
    /// Whether a path exists.
    pub(crate) exists: fn(&Path) -> bool,
    /// The absolute form of a path; `None` if the working directory is not known.
    pub(crate) absolute: fn(&Path) -> Option<PathBuf>,
    /// The folders in a folder.
    pub(crate) folders: fn(&Path) -> Vec<PathBuf>,
}

impl Files {
    /// No files: every relative import is unresolved, and the version of zod is taken from import paths only.
    pub const NONE: Self = Self {
        read: |path| {
            Err(SchemaError::Io { path: path.to_owned(), source: ErrorKind::NotFound.into() })
        },
        is_file: |_| false,
        exists: |_| false,
        absolute: |path| Some(path.to_owned()),
        folders: |_| Vec::new(),
    };
}

pub(crate) use package::project;
pub(crate) use paths::target as import_target;

/// Reads the schema with a name, or the one that is meant, from the text of the file at `path`.
pub fn parse(
    path: &Path,
    text: &str,
    name: Option<&str>,
    files: Files,
) -> Result<EnvSchema, SchemaError> {
    let not_found = || SchemaError::NotFound { path: path.to_owned(), name: None };
    parse_all(path, text, name, files)?.into_iter().next().ok_or_else(not_found)
}

/// Reads the schema with a name from the text of the file at `path`; without a name all that it applies to the
/// environment, the one that is meant first.
///
/// Runs on a thread with a stack that is sufficient for the parser.
pub fn parse_all(
    path: &Path,
    text: &str,
    name: Option<&str>,
    files: Files,
) -> Result<Vec<EnvSchema>, SchemaError> {
    let worker = || {
        let arena = Allocator::default();
        let reader = SchemaReader::new(&arena, files, MAX_STEPS);
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
