//! Names across files: relative imports are followed, packages are not.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, TSEnumDeclaration};

use super::module::{Export, Imported, Module, NameBinding};
use super::package::is_zod;
use super::{MAX_BYTES, SchemaError};
use crate::sources::files::read_limited;

/// Files read in one go; a schema is spread over a handful.
const MAX_FILES: usize = 64;
/// Names that stand for names that stand for names …
const MAX_HOPS: u8 = 32;
/// What TypeScript tries, in this order.
const EXTENSIONS: [&str; 7] = ["ts", "tsx", "mts", "cts", "js", "mjs", "cjs"];

/// Everything read so far, and how much work is still allowed.
pub(crate) struct SchemaReader<'a> {
    arena: &'a Allocator,
    modules: RefCell<HashMap<PathBuf, Result<Rc<Module<'a>>, String>>>,
    steps: Cell<u32>,
    zod_imports: RefCell<BTreeSet<&'a str>>,
}

/// An expression and the file whose names it uses.
#[derive(Clone)]
pub(crate) struct ExprSite<'a> {
    /// The file.
    pub module: Rc<Module<'a>>,
    /// The expression.
    pub value: &'a Expression<'a>,
}

/// What a name stands for in the end.
pub(crate) enum Resolved<'a> {
    /// An expression.
    Value(ExprSite<'a>),
    /// An enum of TypeScript.
    Enum(Rc<Module<'a>>, &'a TSEnumDeclaration<'a>),
    /// All exports of a file.
    Module(Rc<Module<'a>>),
    /// Something of a package: its name, and what of it.
    Package(&'a str, Imported<'a>),
    /// Unknown, and why.
    Unknown(String),
}

impl<'a> SchemaReader<'a> {
    /// A reader that may take so many steps.
    pub(crate) fn new(arena: &'a Allocator, steps: u32) -> Self {
        Self {
            arena,
            modules: RefCell::default(),
            steps: Cell::new(steps),
            zod_imports: RefCell::default(),
        }
    }

    /// Uses up one step; false when none is left.
    pub(crate) fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// The import paths of zod seen since they were last forgotten.
    pub(crate) fn zod_imports(&self) -> BTreeSet<&'a str> {
        self.zod_imports.borrow().clone()
    }

    /// Forgets them.
    pub(crate) fn forget_zod(&self) {
        self.zod_imports.borrow_mut().clear();
    }

    /// Parses the file that everything starts from.
    pub(crate) fn open(&self, path: &Path, text: &str) -> Result<Rc<Module<'a>>, SchemaError> {
        let module = Rc::new(Module::parse(self.arena, path, text)?);
        self.modules.borrow_mut().insert(path.to_owned(), Ok(Rc::clone(&module)));
        Ok(module)
    }

    /// Follows a name to what it stands for.
    pub(crate) fn resolve(&self, module: &Rc<Module<'a>>, name: &str) -> Resolved<'a> {
        self.local(module, name, MAX_HOPS)
    }

    /// Follows an exported name.
    pub(crate) fn exported(&self, module: &Rc<Module<'a>>, name: &str) -> Resolved<'a> {
        self.export(module, name, MAX_HOPS)
    }

    fn local(&self, module: &Rc<Module<'a>>, name: &str, hops: u8) -> Resolved<'a> {
        match module.bindings.get(name) {
            Some(NameBinding::Value(value)) => {
                Resolved::Value(ExprSite { module: Rc::clone(module), value })
            }
            Some(NameBinding::Enum(declaration)) => Resolved::Enum(Rc::clone(module), declaration),
            Some(NameBinding::Import { from, what }) => self.import(module, from, *what, hops),
            Some(NameBinding::Code(kind)) => Resolved::Unknown(format!("`{name}` is {kind}")),
            None => Resolved::Unknown(format!("`{name}` is not declared at the top of the file")),
        }
    }

    fn export(&self, module: &Rc<Module<'a>>, name: &str, hops: u8) -> Resolved<'a> {
        if hops == 0 || !self.step() {
            return Resolved::Unknown(format!("`{name}` is passed on too often"));
        }
        match module.exports.get(name) {
            Some(Export::Local(local)) => return self.local(module, local, hops - 1),
            Some(Export::From(from, what)) => return self.import(module, from, *what, hops - 1),
            None => {}
        }
        for from in &module.stars {
            let other = self.import(module, from, Imported::Namespace, hops - 1);
            let Resolved::Module(other) = other else { continue };
            match self.export(&other, name, hops - 1) {
                Resolved::Unknown(_) => {}
                found => return found,
            }
        }
        Resolved::Unknown(format!("{} does not export `{name}`", module.path.display()))
    }

    fn import(
        &self,
        module: &Rc<Module<'a>>,
        from: &'a str,
        what: Imported<'a>,
        hops: u8,
    ) -> Resolved<'a> {
        if hops == 0 {
            return Resolved::Unknown("imports in a circle".to_owned());
        }
        if !from.starts_with("./") && !from.starts_with("../") && from != "." && from != ".." {
            if is_zod(from) {
                self.zod_imports.borrow_mut().insert(from);
            }
            return Resolved::Package(from, what);
        }
        match (self.load(&module.path, from), what) {
            (Ok(other), Imported::Named(name)) => self.export(&other, name, hops - 1),
            (Ok(other), Imported::Namespace) => Resolved::Module(other),
            (Err(reason), _) => Resolved::Unknown(reason),
        }
    }

    fn load(&self, importer: &Path, from: &str) -> Result<Rc<Module<'a>>, String> {
        let folder = importer.parent().unwrap_or_else(|| Path::new(""));
        let path = locate(&normalize(&folder.join(from)))
            .ok_or_else(|| format!("no file for the import \"{from}\""))?;
        if let Some(known) = self.modules.borrow().get(&path) {
            return known.clone();
        }
        if self.modules.borrow().len() >= MAX_FILES {
            return Err(format!("more than {MAX_FILES} files"));
        }
        let parsed = read_text(&path)
            .and_then(|text| Module::parse(self.arena, &path, &text))
            .map(Rc::new)
            .map_err(|error| format!("the import \"{from}\" cannot be read: {error}"));
        self.modules.borrow_mut().insert(path, parsed.clone());
        parsed
    }
}

/// Reads a source file.
pub(crate) fn read_text(path: &Path) -> Result<String, SchemaError> {
    let io = |source| SchemaError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::other("not a regular file")));
    }
    let bytes = read_limited::reader(file, MAX_BYTES)
        .map_err(io)?
        .ok_or_else(|| SchemaError::TooLarge { path: path.to_owned() })?;
    String::from_utf8(bytes).map_err(|_| SchemaError::NotUtf8 { path: path.to_owned() })
}

/// The file that an import path means: as it is, with an extension, `.js` for `.ts`, or an index.
fn locate(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let with = |extension: &str| path.with_file_name(format!("{name}.{extension}"));
    let stem = ["js", "mjs", "cjs", "jsx"]
        .iter()
        .find_map(|extension| name.strip_suffix(&format!(".{extension}")));
    let replaced = stem.into_iter().flat_map(|stem| {
        ["ts", "tsx", "mts", "cts"]
            .iter()
            .map(move |extension| path.with_file_name(format!("{stem}.{extension}")))
    });
    let index = EXTENSIONS.iter().map(|extension| path.join(format!("index.{extension}")));
    replaced
        .chain(std::iter::once(path.to_owned()))
        .chain(EXTENSIONS.iter().map(|extension| with(extension)))
        .chain(index)
        .find(|candidate| candidate.is_file())
}

/// The path without `.` and `..`, by its text alone, so that a file has one name.
fn normalize(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}
