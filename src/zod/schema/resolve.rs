//! Resolves names: those of functions, of files across imports, and of packages of the same checkout.
//!
//! Other packages are not read: an import from them stays a name of that package.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use oxc_allocator::Allocator;

use super::module::{Export, Imported, Module, NameBinding};
use super::package::{is_t3, is_zod, major};
use super::scope::{EvalScope, FunctionCode, FunctionSite, Resolved};
use super::{Files, SchemaError, paths};
use crate::zod::model::ZodMajor;

/// Files that one schema may consist of; real schemas consist of a few.
const MAX_FILES: usize = 64;
/// Imports and re-exports that are followed for one name.
const MAX_HOPS: u8 = 32;
/// Reads schemas: the modules parsed so far and the remaining steps.
///
/// Every file of this folder adds the methods of its subject.
pub(crate) struct SchemaReader<'a> {
    arena: &'a Allocator,
    files: Files,
    modules: RefCell<HashMap<PathBuf, Result<Rc<Module<'a>>, String>>>,
    steps: Cell<u32>,
    zod_imports: RefCell<BTreeSet<&'a str>>,
    /// The files of import paths that are not relative, by importer and path.
    targets: RefCell<HashMap<(PathBuf, String), Option<PathBuf>>>,
}

impl<'a> SchemaReader<'a> {
    /// A reader limited to a number of steps.
    pub(crate) fn new(arena: &'a Allocator, files: Files, steps: u32) -> Self {
        Self {
            arena,
            files,
            modules: RefCell::default(),
            steps: Cell::new(steps),
            zod_imports: RefCell::default(),
            targets: RefCell::default(),
        }
    }

    /// Uses one step; false if none is left.
    pub(crate) fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// The major version of zod, from its import paths seen since [`Self::clear_zod_imports`].
    pub(crate) fn zod_major(&self, schema: &Path) -> ZodMajor {
        major(&self.zod_imports.borrow(), schema, self.files)
    }

    /// Clears the import paths of zod.
    pub(crate) fn clear_zod_imports(&self) {
        self.zod_imports.borrow_mut().clear();
    }

    /// Variables that the files read so far name: `process.env.X`, `process.env["X"]`.
    pub(crate) fn mentioned(&self) -> BTreeSet<String> {
        let modules = self.modules.borrow();
        let texts = modules.values().filter_map(|module| module.as_ref().ok()).map(|m| m.text);
        let after = texts.flat_map(|text| text.split("env").skip(1));
        let names = after.filter_map(|rest| {
            let rest = rest.strip_prefix('.').or_else(|| rest.strip_prefix("["))?;
            let rest = rest.trim_start_matches(['"', '\'']);
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            Some(rest[..end.unwrap_or(rest.len())].to_owned())
        });
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Parses the file that contains the schema.
    pub(crate) fn open(&self, path: &Path, text: &str) -> Result<Rc<Module<'a>>, SchemaError> {
        let module = Rc::new(Module::parse(self.arena, path, text)?);
        self.modules.borrow_mut().insert(path.to_owned(), Ok(Rc::clone(&module)));
        Ok(module)
    }

    /// Resolves a name of a scope.
    pub(crate) fn resolve(&self, scope: &EvalScope<'a>, name: &str) -> Resolved<'a> {
        match scope.local(name) {
            Some(found) => found,
            None => self.resolve_local(&scope.module, name, MAX_HOPS),
        }
    }

    /// Resolves an exported name of a module.
    pub(crate) fn exported(&self, module: &Rc<Module<'a>>, name: &str) -> Resolved<'a> {
        self.resolve_export(module, name, MAX_HOPS)
    }

    fn resolve_local(&self, module: &Rc<Module<'a>>, name: &str, hops: u8) -> Resolved<'a> {
        let site = |value| EvalScope::new(Rc::clone(module)).site(value);
        match module.bindings.get(name) {
            Some(NameBinding::Value(value)) => Resolved::Value(site(value)),
            Some(NameBinding::Function(function)) => Resolved::Function(FunctionSite {
                scope: EvalScope::new(Rc::clone(module)),
                code: FunctionCode::Function(function),
            }),
            Some(NameBinding::Property(value, property)) => {
                Resolved::Property(site(value), *property)
            }
            Some(NameBinding::Cache(value)) => Resolved::Cache(value.map(site)),
            Some(NameBinding::Enum(declaration)) => Resolved::Enum(Rc::clone(module), declaration),
            Some(NameBinding::Import { from, what }) => {
                self.resolve_import(module, from, *what, hops)
            }
            Some(NameBinding::Code(kind)) => Resolved::Unknown(format!("`{name}` is {kind}")),
            None => Resolved::Unknown(format!("`{name}` is not declared at the top of the file")),
        }
    }

    fn resolve_export(&self, module: &Rc<Module<'a>>, name: &str, hops: u8) -> Resolved<'a> {
        if hops == 0 || !self.step() {
            return Resolved::Unknown(format!("`{name}` is passed on too often"));
        }
        match module.exports.get(name) {
            Some(Export::Local(local)) => return self.resolve_local(module, local, hops - 1),
            Some(Export::From(from, what)) => {
                return self.resolve_import(module, from, *what, hops - 1);
            }
            None => {}
        }
        for from in &module.stars {
            let other = self.resolve_import(module, from, Imported::Namespace, hops - 1);
            let Resolved::Module(other) = other else { continue };
            match self.resolve_export(&other, name, hops - 1) {
                Resolved::Unknown(_) => {}
                found => return found,
            }
        }
        Resolved::Unknown(format!("{} does not export `{name}`", module.path.display()))
    }

    fn resolve_import(
        &self,
        module: &Rc<Module<'a>>,
        from: &'a str,
        what: Imported<'a>,
        hops: u8,
    ) -> Resolved<'a> {
        if hops == 0 {
            return Resolved::Unknown("imports in a circle".to_owned());
        }
        if is_zod(from) {
            self.zod_imports.borrow_mut().insert(from);
            return Resolved::Package(from, what);
        }
        // In their own repository these are packages of the workspace.
        if is_t3(from) {
            return Resolved::Package(from, what);
        }
        let Some(path) = self.target(&module.path, from) else {
            return match paths::is_relative(from) {
                true => Resolved::Unknown(format!("no file for the import \"{from}\"")),
                false => Resolved::Package(from, what),
            };
        };
        match (self.load(&path, from), what) {
            (Ok(other), Imported::Named(name)) => self.resolve_export(&other, name, hops - 1),
            (Ok(other), Imported::Namespace) => Resolved::Module(other),
            (Err(reason), _) => Resolved::Unknown(reason),
        }
    }

    /// The file of an import path: relative, by an alias of tsconfig.json, or a package of the workspace.
    fn target(&self, importer: &Path, from: &str) -> Option<PathBuf> {
        if paths::is_relative(from) {
            return paths::target(importer, from, self.files);
        }
        let known = (importer.to_owned(), from.to_owned());
        if let Some(found) = self.targets.borrow().get(&known) {
            return found.clone();
        }
        let found = paths::target(importer, from, self.files);
        self.targets.borrow_mut().insert(known, found.clone());
        found
    }

    fn load(&self, path: &Path, from: &str) -> Result<Rc<Module<'a>>, String> {
        if let Some(known) = self.modules.borrow().get(path) {
            return known.clone();
        }
        if self.modules.borrow().len() >= MAX_FILES {
            return Err(format!("more than {MAX_FILES} files"));
        }
        let parsed = (self.files.read)(path)
            .and_then(|text| Module::parse(self.arena, path, &text))
            .map(Rc::new)
            .map_err(|error| format!("the import \"{from}\" cannot be read: {error}"));
        self.modules.borrow_mut().insert(path.to_owned(), parsed.clone());
        parsed
    }
}
