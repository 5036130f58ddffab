//! The handful of functions that are plain enough to know what they do.
//!
//! Environment schemas are full of `(v) => (v === "" ? undefined : v)` and `(v) => v === "true"`.
//! These are recognised by their shape; anything else stays code that was not run.

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, BinaryOperator, Expression, LogicalOperator,
    Statement,
};

use super::chain::{Link, flatten};
use super::imports::{Resolved, SchemaReader};
use super::node::EvalScope;
use crate::zod::model::SchemaFunction;

impl<'a> SchemaReader<'a> {
    /// The function at an argument's place.
    pub(crate) fn function(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
    ) -> SchemaFunction {
        let opaque = || {
            let reason = format!("{} runs code", link.name);
            SchemaFunction::Opaque(scope.unresolved(link.offset, reason))
        };
        let Some(mut value) = link.arg(index).map(Expression::get_inner_expression) else {
            return opaque();
        };
        if let Expression::Identifier(name) = value {
            match self.resolve(&scope.module, name.name.as_str()) {
                Resolved::Value(site) => value = site.value.get_inner_expression(),
                Resolved::Unknown(_) if name.name == "Number" && !shadows(scope, "Number") => {
                    return SchemaFunction::Number;
                }
                _ => return opaque(),
            }
        }
        match value {
            Expression::ArrowFunctionExpression(arrow) => {
                recognise(scope, arrow).unwrap_or_else(opaque)
            }
            _ => opaque(),
        }
    }
}

fn shadows(scope: &EvalScope<'_>, name: &str) -> bool {
    scope.module.bindings.contains_key(name)
}

fn recognise(scope: &EvalScope<'_>, arrow: &ArrowFunctionExpression<'_>) -> Option<SchemaFunction> {
    let [parameter] = &arrow.params.items[..] else { return None };
    if arrow.r#async || arrow.params.rest.is_some() || parameter.initializer.is_some() {
        return None;
    }
    let name = parameter.pattern.get_binding_identifier()?.name.as_str();
    let body = match &arrow.body {
        ArrowFunctionBody::FunctionBody(body) => match &body.statements[..] {
            [Statement::ReturnStatement(statement)] => statement.argument.as_ref()?,
            _ => return None,
        },
        other => other.as_expression()?,
    };
    result(scope, name, body.get_inner_expression())
}

fn result(scope: &EvalScope<'_>, name: &str, body: &Expression<'_>) -> Option<SchemaFunction> {
    let is_value = |value: &Expression<'_>| value.is_specific_id(name);
    match body {
        Expression::Identifier(_) if is_value(body) => Some(SchemaFunction::Identity),
        Expression::ConditionalExpression(choice) => {
            let (when, then) = (&choice.consequent, &choice.alternate);
            let blank = is_comparison_with_blank(name, &choice.test)?;
            let (empty, other) = if blank { (when, then) } else { (then, when) };
            (empty.is_undefined() && is_value(other)).then_some(SchemaFunction::BlankToUndefined)
        }
        // `v || undefined`: of strings, only the blank one is falsy.
        Expression::LogicalExpression(either) if either.operator == LogicalOperator::Or => {
            (is_value(&either.left) && either.right.is_undefined())
                .then_some(SchemaFunction::BlankToUndefined)
        }
        Expression::BinaryExpression(_) => {
            is_strict_comparison(name, body).then_some(SchemaFunction::Comparison)
        }
        Expression::CallExpression(call)
            if call.callee.is_specific_id("Number") && !shadows(scope, "Number") =>
        {
            match &call.arguments[..] {
                [argument] if argument.as_expression().is_some_and(is_value) => {
                    Some(SchemaFunction::Number)
                }
                _ => None,
            }
        }
        Expression::CallExpression(_) => method_result(name, body),
        _ => None,
    }
}

/// `v.trim()` and the like; `None` of them can fail on a string.
fn method_result(name: &str, body: &Expression<'_>) -> Option<SchemaFunction> {
    let chain = flatten(body)?;
    if !chain.root.is_specific_id(name) {
        return None;
    }
    let no_argument = |link: &Link<'_>| link.args.is_some_and(<[_]>::is_empty);
    match &chain.links[..] {
        [link] if no_argument(link) => match link.name {
            "trim" => Some(SchemaFunction::Trim),
            "toLowerCase" => Some(SchemaFunction::ToLowerCase),
            "toUpperCase" => Some(SchemaFunction::ToUpperCase),
            _ => None,
        },
        [split, rest @ ..] if split.name == "split" => {
            let separator = matches!(split.arg(0), Some(Expression::StringLiteral(_)));
            (separator && rest.iter().all(keeps_strings)).then_some(SchemaFunction::List)
        }
        _ => None,
    }
}

/// `.map((s) => s.trim())` and `.filter(Boolean)`.
fn keeps_strings(link: &Link<'_>) -> bool {
    match (link.name, link.arg(0)) {
        ("filter", Some(argument)) => argument.is_specific_id("Boolean"),
        ("map", Some(Expression::ArrowFunctionExpression(arrow))) => {
            let [parameter] = &arrow.params.items[..] else { return false };
            let Some(id) = parameter.pattern.get_binding_identifier() else { return false };
            let body = arrow.body.as_expression().and_then(|body| method_result(&id.name, body));
            matches!(
                body,
                Some(
                    SchemaFunction::Trim
                        | SchemaFunction::ToLowerCase
                        | SchemaFunction::ToUpperCase
                )
            )
        }
        _ => false,
    }
}

/// `v === ""` (true) or `v !== ""` (false).
fn is_comparison_with_blank(name: &str, test: &Expression<'_>) -> Option<bool> {
    let Expression::BinaryExpression(binary) = test.get_inner_expression() else { return None };
    let blank = |value: &Expression<'_>| value.is_specific_string_literal("");
    let value = |value: &Expression<'_>| value.is_specific_id(name);
    let sides = (value(&binary.left) && blank(&binary.right))
        || (blank(&binary.left) && value(&binary.right));
    match binary.operator {
        BinaryOperator::StrictEquality if sides => Some(true),
        BinaryOperator::StrictInequality if sides => Some(false),
        _ => None,
    }
}

/// `v === "a"`
fn is_strict_comparison(name: &str, test: &Expression<'_>) -> bool {
    let Expression::BinaryExpression(binary) = test.get_inner_expression() else { return false };
    let literal = matches!(
        binary.right.get_inner_expression(),
        Expression::StringLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NumericLiteral(_)
    );
    let strict = matches!(
        binary.operator,
        BinaryOperator::StrictEquality | BinaryOperator::StrictInequality
    );
    strict && literal && binary.left.is_specific_id(name)
}
