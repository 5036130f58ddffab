//! One source file and its names: bindings and exports.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentTargetPropertyIdentifier, BindingPattern, Declaration,
    ExportDefaultDeclarationKind, Expression, Function, ImportDeclarationSpecifier,
    ModuleExportName, ObjectPattern, PropertyKey, SimpleAssignmentTarget, Statement,
    TSEnumDeclaration, VariableDeclaration, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::SourceType;
use oxc_syntax::scope::ScopeFlags;

use super::SchemaError;
use crate::zod::model::{SourceLine, Unresolved};
use crate::zod::typescript::{self, LineStarts};

/// The local name of `export default`.
pub(crate) const DEFAULT: &str = "default";

/// The binding of a top-level name.
#[derive(Clone)]
pub(crate) enum NameBinding<'a> {
    /// `const x = …`
    Value(&'a Expression<'a>),
    /// `function x() { … }`
    Function(&'a Function<'a>),
    /// `const { x } = …`: the object and its property.
    Property(&'a Expression<'a>, Property<'a>),
    /// `let x` that only functions of the file assign, such as a cache: its value at first.
    Cache(Option<&'a Expression<'a>>),
    /// `enum X { … }`
    Enum(&'a TSEnumDeclaration<'a>),
    /// `import { x } from "…"`
    Import {
        /// The import path.
        from: &'a str,
        /// The imported name.
        what: Imported<'a>,
    },
    /// A class, a variable that changes, …: its kind, as reports show it.
    Code(&'static str),
}

/// A property in a pattern: `x`, `x = default`.
#[derive(Clone, Copy)]
pub(crate) struct Property<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// What it is if the object does not have it.
    pub(crate) default: Option<&'a Expression<'a>>,
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
    /// The text, without a byte order mark.
    pub(crate) text: &'a str,
    /// The statements at the top of the file.
    pub(crate) body: &'a [Statement<'a>],
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
        let program = arena.alloc(program);
        let body: &'a [Statement<'a>] = &program.body;
        let mut module = Self {
            path: path.to_owned(),
            bindings: HashMap::new(),
            values: Vec::new(),
            exports: HashMap::new(),
            stars: Vec::new(),
            text: program.source_text,
            body,
            lines,
        };
        for statement in body {
            module.statement(statement);
        }
        module.settle_variables();
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
                if let Some(binding) = default_binding(&export.declaration) {
                    self.values.push(DEFAULT);
                    self.bindings.insert(DEFAULT, binding);
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

    /// Finds out which variables are assigned, and where.
    fn settle_variables(&mut self) {
        let is_variable = |statement: &&'a Statement<'a>| match statement {
            Statement::VariableDeclaration(variables) => !variables.kind.is_const(),
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::VariableDeclaration(variables) => !variables.kind.is_const(),
                _ => false,
            },
            _ => false,
        };
        let body = self.body;
        if !body.iter().any(|statement| is_variable(&statement)) {
            return;
        }
        let mut assigned = Assigned::default();
        body.iter().for_each(|statement| assigned.visit_statement(statement));
        for statement in body.iter().filter(is_variable) {
            let declaration = match statement {
                Statement::ExportDeclaration(export) => Some(&export.declaration),
                other => other.as_declaration(),
            };
            let Some(Declaration::VariableDeclaration(variables)) = declaration else { continue };
            for declarator in &variables.declarations {
                let BindingPattern::BindingIdentifier(id) = &declarator.id else { continue };
                let name = id.name.as_str();
                let binding = match &declarator.init {
                    _ if assigned.at_start.contains(name) => continue,
                    Some(value) if !assigned.by_functions.contains(name) => {
                        NameBinding::Value(value)
                    }
                    None => NameBinding::Cache(None),
                    Some(value) if value.is_literal() || value.is_undefined() => {
                        NameBinding::Cache(Some(value))
                    }
                    Some(_) => continue,
                };
                self.bindings.insert(name, binding);
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
                item.id.as_ref().map(|id| (id.name.as_str(), NameBinding::Function(item)))
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
    let imported = property(object, name);
    match (from, imported, &declarator.init) {
        (Some(from), Some(imported), _) if imported.name == name => {
            NameBinding::Import { from, what: Imported::Named(name) }
        }
        (None, Some(property), Some(value)) if object.rest.is_none() => {
            NameBinding::Property(value, property)
        }
        _ => NameBinding::Code("destructured"),
    }
}

/// The property of a pattern that a name stands for.
pub(crate) fn property<'a>(object: &'a ObjectPattern<'a>, name: &str) -> Option<Property<'a>> {
    object.properties.iter().find_map(|property| {
        let local = property.value.get_binding_identifier()?;
        let PropertyKey::StaticIdentifier(key) = &property.key else { return None };
        let default = match &property.value {
            BindingPattern::AssignmentPattern(assigned) => Some(&assigned.right),
            BindingPattern::BindingIdentifier(_) => None,
            _ => return None,
        };
        (local.name == name).then_some(Property { name: key.name.as_str(), default })
    })
}

/// Names that are assigned, by statements of the file and by its functions.
#[derive(Default)]
struct Assigned<'a> {
    at_start: HashSet<&'a str>,
    by_functions: HashSet<&'a str>,
    functions: u32,
}

impl<'a> Assigned<'a> {
    fn add(&mut self, name: &'a str) {
        let names = if self.functions > 0 { &mut self.by_functions } else { &mut self.at_start };
        names.insert(name);
    }
}

impl<'a> Visit<'a> for Assigned<'a> {
    fn visit_simple_assignment_target(&mut self, it: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(id) = it {
            self.add(id.name.as_str());
        }
        walk::walk_simple_assignment_target(self, it);
    }

    fn visit_assignment_target_property_identifier(
        &mut self,
        it: &AssignmentTargetPropertyIdentifier<'a>,
    ) {
        self.add(it.binding.name.as_str());
        walk::walk_assignment_target_property_identifier(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.functions += 1;
        walk::walk_function(self, it, flags);
        self.functions -= 1;
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.functions += 1;
        walk::walk_arrow_function_expression(self, it);
        self.functions -= 1;
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

fn default_binding<'a>(
    declaration: &'a ExportDefaultDeclarationKind<'a>,
) -> Option<NameBinding<'a>> {
    match declaration {
        ExportDefaultDeclarationKind::FunctionDeclaration(item) => {
            Some(NameBinding::Function(item))
        }
        other => other.as_expression().map(NameBinding::Value),
    }
}
