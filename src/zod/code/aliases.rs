//! Expressions that are the environment: `process.env`, and names of it.

use std::collections::HashSet;

use oxc_ast::ast::{
    BindingPattern, ChainElement, ComputedMemberExpression, Expression, ImportDeclaration,
    ImportDeclarationSpecifier, Program, StaticMemberExpression, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};

/// Names of the environment in one file: `const env = process.env`, `const env = schema.parse(process.env)`,
/// `import { env } from "./env"`. Scopes are not distinguished: a name of the environment in one scope is
/// rarely something else in another.
pub(crate) struct Aliases<'a, 'i> {
    names: HashSet<&'a str>,
    /// Whether an import path is that of another schema's module or package.
    is_foreign: &'i dyn Fn(&str) -> bool,
}

impl<'a, 'i> Aliases<'a, 'i> {
    pub(crate) fn collect(program: &Program<'a>, is_foreign: &'i dyn Fn(&str) -> bool) -> Self {
        let mut aliases = Self { names: HashSet::new(), is_foreign };
        aliases.visit_program(program);
        aliases
    }

    /// Whether an expression is the environment itself.
    pub(crate) fn is_environment(&self, expression: &Expression<'a>) -> bool {
        if is_process_env(expression) {
            return true;
        }
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.names.contains(name.name.as_str()),
            Expression::LogicalExpression(or) => self.is_environment(&or.left),
            _ => false,
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
            if is_environment && !(self.is_foreign)(from) {
                self.names.insert(local);
            }
        }
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (BindingPattern::BindingIdentifier(name), Some(value)) = (&it.id, &it.init)
            && self.returns_environment(value)
        {
            self.names.insert(name.name.as_str());
        }
        walk::walk_variable_declarator(self, it);
    }
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
            let global = ["globalThis", "global", "window", "self"];
            name == Some("process") && global.iter().any(|name| object.is_specific_id(name))
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
