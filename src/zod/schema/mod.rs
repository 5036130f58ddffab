//! Reads an environment schema from its TypeScript source, without executing it.
//!
//! `module` parses a file and resolves names; `constants` evaluates literals; `node` determines the meaning
//! of an expression with the help of `object` (object schemas, `createEnv`), `leaf` (constructors) and
//! `methods` (modifiers and checks); `package` determines the major version of zod. If an expression is not
//! supported, its key counts as declared and its rule is unresolved; nothing is guessed.

mod constants;
mod leaf;
mod methods;
mod module;
mod node;
mod object;
mod package;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use module::{EvalScope, Export, ExprSite, Imported, Module, Resolved, SchemaReader};
use node::{Node, Object};
use oxc_allocator::Allocator;
use oxc_ast::ast::Expression;
use oxc_span::GetSpan;
use package::{is_create_env, is_zod};

use crate::zod::model::{EnvSchema, SchemaChoice, SchemaKey, SourceLine, ZodMajor};
use crate::zod::typescript::{STACK_BYTES, flatten};

/// The largest source file that is read, in bytes.
pub(crate) const MAX_BYTES: u64 = 8 << 20;
/// Steps of reading before a schema counts as too large; a file of 5 MiB stays below.
const MAX_STEPS: u32 = 2_000_000;
/// The name in the backend; a schema with this name is selected by default.
const DEFAULT_NAME: &str = "EnvSchema";
/// Names that are followed to find out whether one is a schema.
const MAX_HOPS: u8 = 16;

/// Conventional paths of a schema below the project root; the path of the backend is first.
pub(crate) const CONVENTIONAL_PATHS: [&str; 10] = [
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
    #[error("several schemas in {path}: {}", names.join(", "))]
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
    };
}

/// Reads the schema with a name, or the only one, from the text of the file at `path`.
///
/// Runs on a thread with a stack that is sufficient for the parser.
pub fn parse(
    path: &Path,
    text: &str,
    name: Option<&str>,
    files: Files,
) -> Result<EnvSchema, SchemaError> {
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

impl<'a> SchemaReader<'a> {
    /// Selects a schema of a file, by name or as the only one, and reads it.
    fn choose(
        &self,
        module: &Rc<Module<'a>>,
        name: Option<&str>,
    ) -> Result<EnvSchema, SchemaError> {
        if let Some(name) = name {
            let site = self.named_site(module, name).ok_or_else(|| SchemaError::NotFound {
                path: module.path.clone(),
                name: Some(name.to_owned()),
            })?;
            return self.build(&site, name, SchemaChoice::ByName);
        }
        if let Some(site) = self.named_site(module, DEFAULT_NAME)
            && self.is_schema(&site, MAX_HOPS)
        {
            return self.build(&site, DEFAULT_NAME, SchemaChoice::ByName);
        }
        let candidates = self.candidates(module);
        let exported: Vec<_> = candidates.iter().filter(|(_, _, exported)| *exported).collect();
        match (&exported[..], &candidates[..]) {
            ([(name, site, _)], _) => self.build(site, name, SchemaChoice::OnlyExport),
            (_, [(name, site, _)]) => self.build(site, name, SchemaChoice::OnlyCandidate),
            (_, []) => Err(SchemaError::NotFound { path: module.path.clone(), name: None }),
            _ => Err(SchemaError::Ambiguous {
                path: module.path.clone(),
                names: candidates.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            }),
        }
    }

    /// The expression of a top-level or exported name.
    fn named_site(&self, module: &Rc<Module<'a>>, name: &str) -> Option<ExprSite<'a>> {
        match self.resolve(module, name) {
            Resolved::Value(site) => Some(site),
            _ => match self.exported(module, name) {
                Resolved::Value(site) => Some(site),
                _ => None,
            },
        }
    }

    /// Every schema of the file: its name, its expression, whether it is exported.
    fn candidates(&self, module: &Rc<Module<'a>>) -> Vec<(&'a str, ExprSite<'a>, bool)> {
        let exported = |name: &str| {
            module.exports.values().any(|export| matches!(export, Export::Local(n) if *n == name))
        };
        let mut found: Vec<_> = module
            .values
            .iter()
            .filter_map(|name| match self.resolve(module, name) {
                Resolved::Value(site) if self.is_schema(&site, MAX_HOPS) => {
                    Some((*name, site, exported(name)))
                }
                _ => None,
            })
            .collect();
        let mut reexported: Vec<&'a str> = module
            .exports
            .iter()
            .filter(|(_, export)| matches!(export, Export::From(_, Imported::Named(_))))
            .map(|(name, _)| *name)
            .collect();
        reexported.sort_unstable();
        for name in reexported {
            if let Resolved::Value(site) = self.exported(module, name)
                && self.is_schema(&site, MAX_HOPS)
            {
                found.push((name, site, true));
            }
        }
        found
    }

    /// Whether an expression is an object schema: `z.object(…)`, `createEnv(…)`, or a method of another
    /// schema that returns a schema. `X.parse(process.env)` is not a schema.
    fn is_schema(&self, site: &ExprSite<'a>, hops: u8) -> bool {
        if hops == 0 || !self.step() {
            return false;
        }
        let Some(chain) = flatten(site.value) else { return false };
        let Expression::Identifier(root) = chain.root else { return false };
        let names: Vec<&str> = chain.links.iter().map(|link| link.name).collect();
        if names.iter().any(|name| matches!(*name, "shape" | "keyof")) {
            return false;
        }
        let makes_object = |name: &str| matches!(name, "object" | "strictObject" | "looseObject");
        match self.resolve(&site.module, root.name.as_str()) {
            Resolved::Package(from, what) => match what {
                Imported::Named(name) if is_create_env(from, name) => names.first() == Some(&""),
                Imported::Named(name) if name != "z" && name != "default" => {
                    is_zod(from) && makes_object(name)
                }
                _ => is_zod(from) && names.iter().take(2).any(|name| makes_object(name)),
            },
            Resolved::Value(other) => {
                names.iter().any(|name| returns_schema(name)) && self.is_schema(&other, hops - 1)
            }
            Resolved::Module(other) => match names.first().map(|n| self.exported(&other, n)) {
                Some(Resolved::Value(value)) => {
                    names.iter().skip(1).any(|name| returns_schema(name))
                        && self.is_schema(&value, hops - 1)
                }
                Some(Resolved::Package(from, _)) => {
                    is_zod(from) && names.iter().skip(1).take(2).any(|name| makes_object(name))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Reads a schema.
    fn build(
        &self,
        site: &ExprSite<'a>,
        name: &str,
        chosen: SchemaChoice,
    ) -> Result<EnvSchema, SchemaError> {
        let scope = EvalScope::new(Rc::clone(&site.module));
        self.clear_zod_imports();
        let place = scope.module.place(site.value.span().start);
        let object = match self.node(&scope, site.value) {
            Node::Object(object) => object,
            Node::Other(what) => {
                return Err(SchemaError::Unreadable { place: what.place, reason: what.reason });
            }
            _ => {
                let reason = format!("`{name}` is not an object schema");
                return Err(SchemaError::Unreadable { place, reason });
            }
        };
        let zod = self.zod_major(&site.module.path);
        Ok(finish(object, name, place, chosen, zod))
    }
}

/// Whether a method of an object schema returns an object schema.
fn returns_schema(name: &str) -> bool {
    matches!(
        name,
        "extend"
            | "augment"
            | "safeExtend"
            | "merge"
            | "and"
            | "pick"
            | "omit"
            | "partial"
            | "required"
            | "strict"
            | "strip"
            | "passthrough"
            | "loose"
            | "catchall"
            | "readonly"
            | "refine"
            | "superRefine"
            | "transform"
    )
}

/// The schema of an object.
fn finish(
    object: Object,
    name: &str,
    place: SourceLine,
    chosen: SchemaChoice,
    zod: ZodMajor,
) -> EnvSchema {
    let keys = object.shape.fields.into_iter().map(|(name, field)| SchemaKey {
        name,
        rule: field.rule,
        description: field.description,
        place: field.place,
        side: field.side,
    });
    EnvSchema {
        name: name.to_owned(),
        place,
        chosen,
        zod,
        mode: object.mode,
        blank_is_missing: object.blank_is_missing,
        keys: keys.collect(),
        unresolved: object.shape.unresolved,
        platform: object.shape.platform,
    }
}
