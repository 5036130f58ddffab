//! Expressions that are the environment: `process.env`, and names of it.

use std::collections::{HashMap, HashSet};

use oxc_ast::ast::{
    AssignmentExpression, AssignmentPattern, AssignmentTarget, BindingIdentifier, BindingPattern,
    ChainElement, ComputedMemberExpression, Expression, FormalParameter, ImportDeclaration,
    ImportDeclarationSpecifier, ObjectPattern, ObjectPropertyKind, Program, StaticMemberExpression,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};

/// Names of the environment in one file: `const env = process.env`, `const env = schema.parse(process.env)`,
/// `import { env } from "./env"`, `(env = process.env) => …`. Scopes are not distinguished: a name of the environment in
/// one scope is rarely something else in another.
pub(crate) struct Aliases<'a, 'i> {
    names: HashSet<&'a str>,
    /// Names of `process`: `import * as p from "node:process"`, `const p = process`.
    processes: HashSet<&'a str>,
    /// Texts of constants: `const key = "X"`.
    texts: HashMap<&'a str, &'a str>,
    /// How often a name is declared or assigned: the text of a name counts if that is once.
    declared: HashMap<&'a str, usize>,
    /// Whether an import path is that of another schema's module or package.
    is_foreign: &'i dyn Fn(&str) -> bool,
}

impl<'a, 'i> Aliases<'a, 'i> {
    pub(crate) fn collect(program: &Program<'a>, is_foreign: &'i dyn Fn(&str) -> bool) -> Self {
        let mut aliases = Self {
            names: HashSet::new(),
            processes: HashSet::new(),
            texts: HashMap::new(),
            declared: HashMap::new(),
            is_foreign,
        };
        aliases.visit_program(program);
        aliases
    }

    /// Whether an expression is the environment itself.
    pub(crate) fn is_environment(&self, expression: &Expression<'a>) -> bool {
        if self.is_process_env(expression) || is_deno_env(expression) {
            return true;
        }
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.names.contains(name.name.as_str()),
            Expression::LogicalExpression(or) => {
                self.is_environment(&or.left) || self.is_environment(&or.right)
            }
            Expression::ConditionalExpression(either) => {
                self.is_environment(&either.consequent) || self.is_environment(&either.alternate)
            }
            // A copy: `{ ...process.env, A: "x" }`.
            Expression::ObjectExpression(object) => {
                object.properties.iter().any(|property| match property {
                    ObjectPropertyKind::SpreadProperty(copy) => self.is_environment(&copy.argument),
                    ObjectPropertyKind::ObjectProperty(_) => false,
                })
            }
            _ => false,
        }
    }

    /// Whether an expression is the environment itself, and no name of it.
    pub(crate) fn is_process_env(&self, expression: &Expression<'a>) -> bool {
        is_process_env(expression)
            || member(expression)
                .is_some_and(|(object, key)| key == Some("env") && self.is_process(object))
    }

    /// Whether an expression is `process`, or a name of it.
    pub(crate) fn is_process(&self, expression: &Expression<'a>) -> bool {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => {
                name.name == "process" || self.processes.contains(name.name.as_str())
            }
            Expression::CallExpression(call) => {
                let module = call.arguments.first().and_then(|argument| argument.as_expression());
                call.callee.is_specific_id("require")
                    && matches!(module, Some(Expression::StringLiteral(from)) if is_process_module(&from.value))
            }
            _ => member(expression).is_some_and(|(object, key)| match key {
                Some("process") => GLOBALS.iter().any(|name| object.is_specific_id(name)),
                Some("default") => self.is_process(object),
                _ => false,
            }),
        }
    }

    /// The text that an expression is: a literal, or the name of a constant.
    pub(crate) fn text(&self, expression: &Expression<'a>) -> Option<&'a str> {
        match expression.get_inner_expression() {
            Expression::StringLiteral(text) => Some(text.value.as_str()),
            Expression::Identifier(name) => {
                let name = name.name.as_str();
                self.texts.get(name).copied().filter(|_| self.declared.get(name) == Some(&1))
            }
            _ => None,
        }
    }

    /// Adds the names that a pattern binds to the value of an expression, or to its parts.
    fn bind(&mut self, pattern: &BindingPattern<'a>, value: &Expression<'a>) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => {
                if self.returns_environment(value) {
                    self.names.insert(name.name.as_str());
                } else if self.is_process(value) {
                    self.processes.insert(name.name.as_str());
                }
            }
            BindingPattern::ObjectPattern(pattern) => self.bind_properties(pattern, value),
            _ => {}
        }
    }

    /// `const { env } = process`, `const { A, ...rest } = process.env`.
    fn bind_properties(&mut self, pattern: &ObjectPattern<'a>, value: &Expression<'a>) {
        if self.is_process(value) {
            for property in &pattern.properties {
                let is_env = property.key.static_name().as_deref() == Some("env");
                match &property.value {
                    BindingPattern::BindingIdentifier(name) if is_env => {
                        self.names.insert(name.name.as_str());
                    }
                    BindingPattern::ObjectPattern(env) if is_env => self.bind_rest(env),
                    _ => {}
                }
            }
        } else if self.returns_environment(value) {
            self.bind_rest(pattern);
        }
    }

    fn bind_rest(&mut self, pattern: &ObjectPattern<'a>) {
        let rest = pattern.rest.as_ref().map(|rest| &rest.argument);
        if let Some(BindingPattern::BindingIdentifier(name)) = rest {
            self.names.insert(name.name.as_str());
        }
    }

    /// Whether an expression is the environment, or a call with the environment as an argument.
    pub(crate) fn returns_environment(&self, expression: &Expression<'a>) -> bool {
        match expression.get_inner_expression() {
            Expression::CallExpression(call) => {
                let mut arguments =
                    call.arguments.iter().filter_map(|argument| argument.as_expression());
                arguments.any(|argument| self.is_environment(argument))
            }
            other => self.is_environment(other),
        }
    }
}

impl<'a> Visit<'a> for Aliases<'a, '_> {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        let from = import.source.value.as_str();
        let file = from.rsplit('/').next().unwrap_or(from).to_ascii_lowercase();
        for specifier in import.specifiers.iter().flatten() {
            let local = specifier.local().name.as_str();
            let is_environment = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(item) => {
                    is_env_name(item.imported.name().as_str())
                }
                _ => is_env_name(local) && file.contains("env"),
            };
            let is_named = matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(item)
                if item.imported.name() != "default");
            if is_process_module(from) && !is_named {
                self.processes.insert(local);
            } else if is_environment && !(self.is_foreign)(from) {
                self.names.insert(local);
            }
        }
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(value) = &it.init {
            self.bind(&it.id, value);
        }
        if let (BindingPattern::BindingIdentifier(name), Some(value)) = (&it.id, &it.init)
            && let Expression::StringLiteral(text) = value.get_inner_expression()
        {
            self.texts.insert(name.name.as_str(), text.value.as_str());
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if let Some(value) = &it.initializer {
            self.bind(&it.pattern, value);
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_assignment_pattern(&mut self, it: &AssignmentPattern<'a>) {
        self.bind(&it.left, &it.right);
        walk::walk_assignment_pattern(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let AssignmentTarget::AssignmentTargetIdentifier(name) = &it.left {
            *self.declared.entry(name.name.as_str()).or_default() += 1;
            if self.returns_environment(&it.right) {
                self.names.insert(name.name.as_str());
            }
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        *self.declared.entry(it.name.as_str()).or_default() += 1;
    }
}

/// Names of the global object.
const GLOBALS: [&str; 4] = ["globalThis", "global", "window", "self"];

/// Whether an import path is that of Node's `process`.
fn is_process_module(from: &str) -> bool {
    matches!(from, "process" | "node:process")
}

/// Whether an expression is `Deno.env`, whose methods take the keys.
fn is_deno_env(expression: &Expression<'_>) -> bool {
    member(expression)
        .is_some_and(|(object, key)| key == Some("env") && object.is_specific_id("Deno"))
}

/// Whether a name is one of the environment by convention: `env`, `serverEnv`, `ENV`.
fn is_env_name(name: &str) -> bool {
    name == "env" || name.ends_with("Env") || name.ends_with("ENV")
}

/// Whether an expression is `process.env` or `import.meta.env` itself, in any notation.
pub(crate) fn is_process_env(expression: &Expression<'_>) -> bool {
    let Some((object, Some("env"))) = member(expression) else { return false };
    match object.get_inner_expression() {
        Expression::ImportMeta(_) => true,
        Expression::Identifier(name) => matches!(name.name.as_str(), "process" | "Bun"),
        other => member(other).is_some_and(|(object, name)| {
            name == Some("process") && GLOBALS.iter().any(|name| object.is_specific_id(name))
        }),
    }
}

/// Object and key of a member expression; no key if it is computed.
pub(crate) fn member<'x, 'a>(
    expression: &'x Expression<'a>,
) -> Option<(&'x Expression<'a>, Option<&'a str>)> {
    match expression.get_inner_expression() {
        Expression::StaticMemberExpression(it) => Some(static_member(it)),
        Expression::ComputedMemberExpression(it) => Some(computed_member(it)),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::StaticMemberExpression(it) => Some(static_member(it)),
            ChainElement::ComputedMemberExpression(it) => Some(computed_member(it)),
            _ => None,
        },
        _ => None,
    }
}

fn static_member<'x, 'a>(
    it: &'x StaticMemberExpression<'a>,
) -> (&'x Expression<'a>, Option<&'a str>) {
    (&it.object, Some(it.property.name.as_str()))
}

fn computed_member<'x, 'a>(
    it: &'x ComputedMemberExpression<'a>,
) -> (&'x Expression<'a>, Option<&'a str>) {
    (&it.object, it.static_property_name().map(|name| name.as_str()))
}
