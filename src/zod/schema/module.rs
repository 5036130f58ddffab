//! One source file: its syntax tree, what its names stand for, and its line numbers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression,
    ImportDeclarationSpecifier, ModuleExportName, Statement, TSEnumDeclaration,
    VariableDeclaration, VariableDeclarator,
};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType};

use super::nesting::too_deep;
use super::{SchemaError, lines};
use crate::zod::model::{SourceLine, Unresolved};

/// The local name of `export default`.
pub(crate) const DEFAULT: &str = "default";

/// What a top-level name stands for.
#[derive(Clone)]
pub(crate) enum NameBinding<'a> {
    /// `const x = …`
    Value(&'a Expression<'a>),
    /// `enum X { … }`
    Enum(&'a TSEnumDeclaration<'a>),
    /// `import { x } from "…"`
    Import {
        /// The module named.
        from: &'a str,
        /// What of it.
        what: Imported<'a>,
    },
    /// A function, a class, a destructured name: known to exist, no more.
    Code(&'static str),
}

/// What of a module is imported or passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Imported<'a> {
    /// One export.
    Named(&'a str),
    /// All of it, as one object.
    Namespace,
}

/// What an exported name stands for.
#[derive(Clone, Copy)]
pub(crate) enum Export<'a> {
    /// A name of this file.
    Local(&'a str),
    /// `export { x } from "…"`
    From(&'a str, Imported<'a>),
}

/// A parsed file.
pub(crate) struct Module<'a> {
    /// Where it was read.
    pub path: PathBuf,
    /// Top-level names.
    pub bindings: HashMap<&'a str, NameBinding<'a>>,
    /// Top-level `const`s with their offsets, in order.
    pub values: Vec<(&'a str, u32)>,
    /// Exported names.
    pub exports: HashMap<&'a str, Export<'a>>,
    /// `export * from "…"`
    pub stars: Vec<&'a str>,
    line_starts: Vec<u32>,
}

impl<'a> Module<'a> {
    /// Parses a file's text.
    pub(crate) fn parse(
        arena: &'a Allocator,
        path: &Path,
        text: &str,
    ) -> Result<Self, SchemaError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let line_starts = lines::starts(text);
        if let Some(offset) = too_deep(text) {
            let line = lines::line_at(&line_starts, offset);
            return Err(SchemaError::TooDeep { place: SourceLine { file: path.to_owned(), line } });
        }
        let source: &'a str = arena.alloc_str(text);
        let kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::ts());
        let options = ParseOptions { preserve_parens: false, ..ParseOptions::default() };
        let parsed = Parser::new(arena, source, kind).with_options(options).parse();
        if let Some(error) = parsed.diagnostics.errors().next() {
            let offset = error.labels.first().map_or(0, |label| label.offset());
            let line = lines::line_at(&line_starts, offset);
            return Err(SchemaError::Syntax {
                place: SourceLine { file: path.to_owned(), line },
                message: error.message.to_string(),
            });
        }
        let mut module = Self {
            path: path.to_owned(),
            bindings: HashMap::new(),
            values: Vec::new(),
            exports: HashMap::new(),
            stars: Vec::new(),
            line_starts,
        };
        let body: &'a [Statement<'a>] = &arena.alloc(parsed.program).body;
        for statement in body {
            module.statement(statement);
        }
        Ok(module)
    }

    /// The line of an offset as a citation.
    pub(crate) fn place(&self, offset: u32) -> SourceLine {
        SourceLine { file: self.path.clone(), line: lines::line_at(&self.line_starts, offset) }
    }

    /// Something unknowable at an offset.
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
                    self.values.push((DEFAULT, value.span().start));
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
                    self.values.push((name, declarator.span.start));
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

/// `const x = …`, where `require("…")` is an import by another name.
fn value_binding<'a>(declarator: &'a VariableDeclarator<'a>, mutable: bool) -> NameBinding<'a> {
    match &declarator.init {
        None => NameBinding::Code("declared without a value"),
        Some(_) if mutable => NameBinding::Code("a variable that may change (not const)"),
        Some(value) => match required(value) {
            Some(from) => NameBinding::Import { from, what: Imported::Namespace },
            None => NameBinding::Value(value),
        },
    }
}

/// `const { z } = require("zod")`; any other destructuring is code.
fn destructured<'a>(
    declarator: &'a VariableDeclarator<'a>,
    pattern: &'a BindingPattern<'a>,
    name: &'a str,
) -> NameBinding<'a> {
    let from = declarator.init.as_ref().and_then(required);
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

fn required<'a>(value: &'a Expression<'a>) -> Option<&'a str> {
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
