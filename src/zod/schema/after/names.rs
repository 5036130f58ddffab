//! Names that depend on what was parsed, and the code that uses them.

use std::collections::HashSet;

use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, CallExpression, Class,
    Expression, Function, IdentifierReference, ReturnStatement, Statement, ThisExpression,
    VariableDeclaration, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

use super::super::scope::FunctionCode;
use super::NOWHERE;
use crate::zod::code::is_process_env;

/// Methods that call the functions that they are given.
const ITERATIONS: [&str; 12] = [
    "every",
    "filter",
    "find",
    "findIndex",
    "flatMap",
    "forEach",
    "map",
    "reduce",
    "reduceRight",
    "some",
    "sort",
    "findLast",
];

/// Finds the names that depend on what was parsed.
#[derive(Default)]
pub(super) struct Names<'a> {
    pub(super) parse: Span,
    pub(super) derived: HashSet<&'a str>,
    pub(super) readers: HashSet<&'a str>,
    pub(super) changing: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// A statement that reads the result, perhaps in a condition, may change what it names.
    pub(super) fn statement(&mut self, statement: &Statement<'a>) {
        self.visit_statement(statement);
        let is_declaration = statement.as_declaration().is_some()
            || matches!(statement, Statement::ExportDeclaration(_));
        if is_declaration || !self.depends(|mentions| mentions.visit_statement(statement)) {
            return;
        }
        let mut changed = Used { names: &self.changing, found: Vec::new() };
        changed.visit_statement(statement);
        let changed = changed.found;
        self.derived.extend(changed);
    }

    pub(super) fn depends(&self, visit: impl FnOnce(&mut Mentions<'_, 'a>)) -> bool {
        let mut mentions = Mentions::new(&self.derived, self.parse);
        mentions.in_functions = true;
        visit(&mut mentions);
        mentions.found
    }

    pub(super) fn reads_environment(&self, visit: impl FnOnce(&mut Mentions<'_, 'a>)) -> bool {
        let mut mentions = Mentions::new(&self.readers, NOWHERE);
        (mentions.in_functions, mentions.environment) = (true, true);
        visit(&mut mentions);
        mentions.found
    }
}

impl<'a> Visit<'a> for Names<'a> {
    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        for declarator in &it.declarations {
            let made = declarator.init.as_ref().is_some_and(|value| {
                matches!(
                    value.get_inner_expression(),
                    Expression::ArrayExpression(_)
                        | Expression::ObjectExpression(_)
                        | Expression::NewExpression(_)
                )
            });
            if made || !it.kind.is_const() {
                let ids = declarator.id.get_binding_identifiers();
                self.changing.extend(ids.iter().map(|id| id.name.as_str()));
            }
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(value) = &it.init
            && self.depends(|mentions| mentions.visit_expression(value))
        {
            let ids = it.id.get_binding_identifiers();
            self.derived.extend(ids.iter().map(|id| id.name.as_str()));
        }
        if let Some(value) = &it.init
            && self.reads_environment(|mentions| mentions.visit_expression(value))
        {
            let ids = it.id.get_binding_identifiers();
            self.readers.extend(ids.iter().map(|id| id.name.as_str()));
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if self.depends(|mentions| mentions.visit_expression(&it.right)) {
            match &it.left {
                AssignmentTarget::AssignmentTargetIdentifier(id) => {
                    self.derived.insert(id.name.as_str());
                }
                AssignmentTarget::StaticMemberExpression(member)
                    if matches!(member.object, Expression::ThisExpression(_)) =>
                {
                    self.derived.insert("this");
                }
                _ => {}
            }
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, _: ScopeFlags) {
        if let Some(id) = &it.id
            && self.depends(|mentions| walk::walk_function(mentions, it, ScopeFlags::Function))
        {
            self.derived.insert(id.name.as_str());
        }
        if let Some(id) = &it.id
            && self.reads_environment(|mentions| {
                walk::walk_function(mentions, it, ScopeFlags::Function);
            })
        {
            self.readers.insert(id.name.as_str());
        }
    }

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_class(&mut self, _: &Class<'a>) {}
}

/// The names of a set that code uses.
pub(super) struct Used<'n, 'a> {
    pub(super) names: &'n HashSet<&'a str>,
    pub(super) found: Vec<&'a str>,
}

impl<'a> Visit<'a> for Used<'_, 'a> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let name = it.name.as_str();
        self.found.extend(self.names.contains(name).then_some(name));
    }
}

/// Whether code uses some names, or the result of the parse itself.
pub(super) struct Mentions<'n, 'a> {
    pub(super) names: &'n HashSet<&'a str>,
    pub(super) parse: Span,
    /// Functions inside of it count.
    pub(super) in_functions: bool,
    /// The environment itself counts.
    pub(super) environment: bool,
    pub(super) found: bool,
}

impl<'n, 'a> Mentions<'n, 'a> {
    pub(super) fn new(names: &'n HashSet<&'a str>, parse: Span) -> Self {
        Self { names, parse, in_functions: false, environment: false, found: false }
    }
}

impl<'a> Visit<'a> for Mentions<'_, 'a> {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        self.found |= self.environment && is_process_env(it);
        walk::walk_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.found |= self.names.contains(it.name.as_str());
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.found |= self.names.contains("this");
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if it.span == self.parse {
            self.found = true;
            return;
        }
        // A function that is called at once, or by an iteration.
        let runs = FunctionCode::of_callee(&it.callee) || is_iteration(it);
        let outer = self.in_functions;
        self.in_functions |= runs;
        walk::walk_call_expression(self, it);
        self.in_functions = outer;
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if self.in_functions {
            walk::walk_function(self, it, flags);
        }
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        if self.in_functions {
            walk::walk_arrow_function_expression(self, it);
        }
    }
}

/// Whether a call is that of an iteration: `keys.forEach((key) => { … })`.
pub(super) fn is_iteration(call: &CallExpression<'_>) -> bool {
    let name = call.callee.as_member_expression().and_then(|member| member.static_property_name());
    name.is_some_and(|name| ITERATIONS.contains(&name))
}

/// Whether a function returns somewhere.
pub(super) struct Returns(pub(super) bool);

impl<'a> Visit<'a> for Returns {
    fn visit_return_statement(&mut self, _: &ReturnStatement<'a>) {
        self.0 = true;
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
}
