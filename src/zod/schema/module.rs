//! One source file and its names: bindings and exports, resolved across relative imports.
//!
//! Packages are not read: an import from a package stays a name of that package.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression,
    ImportDeclarationSpecifier, ModuleExportName, Statement, TSEnumDeclaration,
    VariableDeclaration, VariableDeclarator,
};
use oxc_span::SourceType;

use super::package::{is_zod, major};
use super::{Files, SchemaError};
use crate::zod::model::{SourceLine, Unresolved, ZodMajor};
use crate::zod::typescript::{self, LineStarts};

/// The local name of `export default`.
pub(crate) const DEFAULT: &str = "default";
/// Files that one schema may consist of; real schemas consist of a few.
const MAX_FILES: usize = 64;
/// Imports and re-exports that are followed for one name.
const MAX_HOPS: u8 = 32;
/// File extensions that TypeScript tries, in this order.
const EXTENSIONS: [&str; 7] = ["ts", "tsx", "mts", "cts", "js", "mjs", "cjs"];
/// Nested expressions that are followed.
const MAX_DEPTH: u8 = 40;

/// The binding of a top-level name.
#[derive(Clone)]
pub(crate) enum NameBinding<'a> {
    /// `const x = …`
    Value(&'a Expression<'a>),
    /// `enum X { … }`
    Enum(&'a TSEnumDeclaration<'a>),
    /// `import { x } from "…"`
    Import {
        /// The import path.
        from: &'a str,
        /// The imported name.
        what: Imported<'a>,
    },
    /// A function, a class, a destructured name, …: its kind, as reports show it.
    Code(&'static str),
}

/// The part of a module that is imported or exported again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Imported<'a> {
    /// One export.
    Named(&'a str),
    /// All exports, as one object.
    Namespace,
}

/// The target of an exported name.
#[derive(Clone, Copy)]
pub(crate) enum Export<'a> {
    /// A name of this file.
    Local(&'a str),
    /// `export { x } from "…"`
    From(&'a str, Imported<'a>),
}

/// A parsed file.
pub(crate) struct Module<'a> {
    /// The path it was read from.
    pub(crate) path: PathBuf,
    /// Top-level names with their bindings.
    pub(crate) bindings: HashMap<&'a str, NameBinding<'a>>,
    /// Names of top-level variables and of the default export, in source order.
    pub(crate) values: Vec<&'a str>,
    /// Exported names with their targets.
    pub(crate) exports: HashMap<&'a str, Export<'a>>,
    /// `export * from "…"`
    pub(crate) stars: Vec<&'a str>,
    lines: LineStarts,
}

impl<'a> Module<'a> {
    /// Parses the text of a file.
    pub(crate) fn parse(
        arena: &'a Allocator,
        path: &Path,
        text: &str,
    ) -> Result<Self, SchemaError> {
        let text = typescript::without_bom(text);
        let lines = LineStarts::new(text);
        let place = |offset| SourceLine { file: path.to_owned(), line: lines.line(offset) };
        if let Some(offset) = typescript::too_deep(text) {
            return Err(SchemaError::TooDeep { place: place(offset) });
        }
        let kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::ts());
        let program = typescript::parse(arena, text, kind).map_err(|error| {
            SchemaError::Syntax { place: place(error.offset), message: error.message }
        })?;
        let mut module = Self {
            path: path.to_owned(),
            bindings: HashMap::new(),
            values: Vec::new(),
            exports: HashMap::new(),
            stars: Vec::new(),
            lines,
        };
        let body: &'a [Statement<'a>] = &arena.alloc(program).body;
        for statement in body {
            module.statement(statement);
        }
        Ok(module)
    }

    /// The line of an offset.
    pub(crate) fn place(&self, offset: u32) -> SourceLine {
        SourceLine { file: self.path.clone(), line: self.lines.line(offset) }
    }

    /// An unresolved part at an offset.
    pub(crate) fn unresolved(&self, offset: u32, reason: impl Into<String>) -> Unresolved {
        Unresolved { place: self.place(offset), reason: reason.into() }
    }

    fn statement(&mut self, statement: &'a Statement<'a>) {
        match statement {
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration, true),
            Statement::ImportDeclaration(import) => {
                let from = import.source.value.as_str();
                for specifier in import.specifiers.iter().flatten() {
                    let (local, what) = imported(specifier);
                    self.bindings.insert(local, NameBinding::Import { from, what });
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    let local = export_name(&specifier.local);
                    self.exports.insert(export_name(&specifier.exported), Export::Local(local));
                }
            }
            Statement::ExportFromDeclaration(export) => {
                for specifier in &export.specifiers {
                    let what = Imported::Named(export_name(&specifier.local));
                    let from = Export::From(export.source.value.as_str(), what);
                    self.exports.insert(export_name(&specifier.exported), from);
                }
            }
            Statement::ExportAllDeclaration(export) => match &export.exported {
                Some(name) => {
                    let from = export.source.value.as_str();
                    let all = Export::From(from, Imported::Namespace);
                    self.exports.insert(export_name(name), all);
                }
                None => self.stars.push(export.source.value.as_str()),
            },
            Statement::ExportDefaultDeclaration(export) => {
                if let Some(value) = default_value(&export.declaration) {
                    self.values.push(DEFAULT);
                    self.bindings.insert(DEFAULT, NameBinding::Value(value));
                    self.exports.insert(DEFAULT, Export::Local(DEFAULT));
                }
            }
            _ => {
                if let Some(declaration) = statement.as_declaration() {
                    self.declaration(declaration, false);
                }
            }
        }
    }

    fn declaration(&mut self, declaration: &'a Declaration<'a>, exported: bool) {
        let named = match declaration {
            Declaration::VariableDeclaration(variables) => {
                return self.variables(variables, exported);
            }
            Declaration::TSEnumDeclaration(item) => {
                Some((item.id.name.as_str(), NameBinding::Enum(item)))
            }
            Declaration::FunctionDeclaration(item) => {
                item.id.as_ref().map(|id| (id.name.as_str(), NameBinding::Code("a function")))
            }
            Declaration::ClassDeclaration(item) => {
                item.id.as_ref().map(|id| (id.name.as_str(), NameBinding::Code("a class")))
            }
            _ => None,
        };
        if let Some((name, binding)) = named {
            self.bindings.insert(name, binding);
            self.export_if(exported, name);
        }
    }

    fn variables(&mut self, variables: &'a VariableDeclaration<'a>, exported: bool) {
        for declarator in &variables.declarations {
            let mutable = !variables.kind.is_const();
            match &declarator.id {
                BindingPattern::BindingIdentifier(id) => {
                    let name = id.name.as_str();
                    self.bindings.insert(name, value_binding(declarator, mutable));
                    self.values.push(name);
                    self.export_if(exported, name);
                }
                pattern => {
                    for id in pattern.get_binding_identifiers() {
                        let name = id.name.as_str();
                        self.bindings.insert(name, destructured(declarator, pattern, name));
                        self.export_if(exported, name);
                    }
                }
            }
        }
    }

    fn export_if(&mut self, exported: bool, name: &'a str) {
        if exported {
            self.exports.insert(name, Export::Local(name));
        }
    }
}

/// The binding of `const x = …`; `require("…")` is an import.
fn value_binding<'a>(declarator: &'a VariableDeclarator<'a>, mutable: bool) -> NameBinding<'a> {
    match &declarator.init {
        None => NameBinding::Code("declared without a value"),
        Some(_) if mutable => NameBinding::Code("a variable that may change (not const)"),
        Some(value) => match required_path(value) {
            Some(from) => NameBinding::Import { from, what: Imported::Namespace },
            None => NameBinding::Value(value),
        },
    }
}

/// The binding of a name in `const { z } = require("zod")`; any other destructuring is code.
fn destructured<'a>(
    declarator: &'a VariableDeclarator<'a>,
    pattern: &'a BindingPattern<'a>,
    name: &'a str,
) -> NameBinding<'a> {
    let from = declarator.init.as_ref().and_then(required_path);
    let BindingPattern::ObjectPattern(object) = pattern else {
        return NameBinding::Code("destructured");
    };
    let imported = object.properties.iter().find_map(|property| {
        let local = property.value.get_binding_identifier()?;
        (local.name == name).then(|| property.key.static_name()).flatten()
    });
    match (from, imported) {
        (Some(from), Some(imported)) if imported == name => {
            NameBinding::Import { from, what: Imported::Named(name) }
        }
        _ => NameBinding::Code("destructured"),
    }
}

/// The path of `require("…")`.
fn required_path<'a>(value: &'a Expression<'a>) -> Option<&'a str> {
    match value.get_inner_expression() {
        Expression::CallExpression(call) => {
            call.common_js_require().map(|source| source.value.as_str())
        }
        _ => None,
    }
}

fn imported<'a>(specifier: &'a ImportDeclarationSpecifier<'a>) -> (&'a str, Imported<'a>) {
    match specifier {
        ImportDeclarationSpecifier::ImportSpecifier(item) => {
            (item.local.name.as_str(), Imported::Named(export_name(&item.imported)))
        }
        ImportDeclarationSpecifier::ImportDefaultSpecifier(item) => {
            (item.local.name.as_str(), Imported::Named(DEFAULT))
        }
        ImportDeclarationSpecifier::ImportNamespaceSpecifier(item) => {
            (item.local.name.as_str(), Imported::Namespace)
        }
    }
}

fn export_name<'a>(name: &'a ModuleExportName<'a>) -> &'a str {
    match name {
        ModuleExportName::IdentifierName(name) => name.name.as_str(),
        ModuleExportName::IdentifierReference(name) => name.name.as_str(),
        ModuleExportName::StringLiteral(name) => name.value.as_str(),
    }
}

fn default_value<'a>(
    declaration: &'a ExportDefaultDeclarationKind<'a>,
) -> Option<&'a Expression<'a>> {
    declaration.as_expression()
}

/// Reads schemas: the modules parsed so far and the remaining steps.
///
/// Every file of this folder adds the methods of its subject.
pub(crate) struct SchemaReader<'a> {
    arena: &'a Allocator,
    files: Files,
    modules: RefCell<HashMap<PathBuf, Result<Rc<Module<'a>>, String>>>,
    steps: Cell<u32>,
    zod_imports: RefCell<BTreeSet<&'a str>>,
}

/// An expression and the file whose names it uses.
#[derive(Clone)]
pub(crate) struct ExprSite<'a> {
    /// The file.
    pub(crate) module: Rc<Module<'a>>,
    /// The expression.
    pub(crate) value: &'a Expression<'a>,
}

/// The target of a name, after following imports.
pub(crate) enum Resolved<'a> {
    /// An expression.
    Value(ExprSite<'a>),
    /// A TypeScript enum and its file.
    Enum(Rc<Module<'a>>, &'a TSEnumDeclaration<'a>),
    /// All exports of a file.
    Module(Rc<Module<'a>>),
    /// An import from a package: its name and the imported name.
    Package(&'a str, Imported<'a>),
    /// Not known, with the reason.
    Unknown(String),
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

    /// Parses the file that contains the schema.
    pub(crate) fn open(&self, path: &Path, text: &str) -> Result<Rc<Module<'a>>, SchemaError> {
        let module = Rc::new(Module::parse(self.arena, path, text)?);
        self.modules.borrow_mut().insert(path.to_owned(), Ok(Rc::clone(&module)));
        Ok(module)
    }

    /// Resolves a name of a module.
    pub(crate) fn resolve(&self, module: &Rc<Module<'a>>, name: &str) -> Resolved<'a> {
        self.resolve_local(module, name, MAX_HOPS)
    }

    /// Resolves an exported name of a module.
    pub(crate) fn exported(&self, module: &Rc<Module<'a>>, name: &str) -> Resolved<'a> {
        self.resolve_export(module, name, MAX_HOPS)
    }

    fn resolve_local(&self, module: &Rc<Module<'a>>, name: &str, hops: u8) -> Resolved<'a> {
        match module.bindings.get(name) {
            Some(NameBinding::Value(value)) => {
                Resolved::Value(ExprSite { module: Rc::clone(module), value })
            }
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
        if !from.starts_with("./") && !from.starts_with("../") && from != "." && from != ".." {
            if is_zod(from) {
                self.zod_imports.borrow_mut().insert(from);
            }
            return Resolved::Package(from, what);
        }
        match (self.load(&module.path, from), what) {
            (Ok(other), Imported::Named(name)) => self.resolve_export(&other, name, hops - 1),
            (Ok(other), Imported::Namespace) => Resolved::Module(other),
            (Err(reason), _) => Resolved::Unknown(reason),
        }
    }

    fn load(&self, importer: &Path, from: &str) -> Result<Rc<Module<'a>>, String> {
        let folder = importer.parent().unwrap_or_else(|| Path::new(""));
        let path = self
            .locate(&normalize(&folder.join(from)))
            .ok_or_else(|| format!("no file for the import \"{from}\""))?;
        if let Some(known) = self.modules.borrow().get(&path) {
            return known.clone();
        }
        if self.modules.borrow().len() >= MAX_FILES {
            return Err(format!("more than {MAX_FILES} files"));
        }
        let parsed = (self.files.read)(&path)
            .and_then(|text| Module::parse(self.arena, &path, &text))
            .map(Rc::new)
            .map_err(|error| format!("the import \"{from}\" cannot be read: {error}"));
        self.modules.borrow_mut().insert(path, parsed.clone());
        parsed
    }

    /// The file of an import path: the path itself, with an extension, `.ts` for `.js`, or an index file.
    fn locate(&self, path: &Path) -> Option<PathBuf> {
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
            .find(|candidate| (self.files.is_file)(candidate))
    }
}

/// The path without `.` and `..`, without access to the file system, so that a file has one name.
fn normalize(path: &Path) -> PathBuf {
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

/// The scope in which an expression is read.
#[derive(Clone)]
pub(crate) struct EvalScope<'a> {
    /// The file whose names it uses.
    pub(crate) module: Rc<Module<'a>>,
    /// The remaining depth of nested expressions.
    pub(crate) depth: u8,
}

impl<'a> EvalScope<'a> {
    /// The outermost scope of a file.
    pub(crate) fn new(module: Rc<Module<'a>>) -> Self {
        Self { module, depth: MAX_DEPTH }
    }

    /// An unresolved part of this file.
    pub(crate) fn unresolved(&self, offset: u32, reason: impl Into<String>) -> Unresolved {
        self.module.unresolved(offset, reason)
    }

    /// An expression of this file.
    pub(crate) fn site(&self, value: &'a Expression<'a>) -> ExprSite<'a> {
        ExprSite { module: Rc::clone(&self.module), value }
    }
}
