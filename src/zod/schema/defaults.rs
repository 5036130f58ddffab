//! Defaults that statements before the place that parses set: `process.env.A ??= "x"`.

use oxc_ast::ast::{AssignmentOperator, BinaryOperator, Expression, Statement, UnaryOperator};
use oxc_span::GetSpan;

use super::node::ObjectFields;
use super::resolve::SchemaReader;
use super::sites::ParseSite;
use crate::zod::code::{is_process_env, member};
use crate::zod::model::Input;

impl<'a> SchemaReader<'a> {
    /// Applies what statements before the place that parses set: `process.env.A ??= "x"`.
    pub(crate) fn set_before(&self, parse: &ParseSite<'a>, shape: &mut ObjectFields) {
        for (scope, statements) in &parse.bodies {
            let before = statements.iter().take_while(|it| it.span().end <= parse.call.start);
            for statement in before {
                let Some((name, replaces, value)) = assignment(statement) else { continue };
                for (key, field) in &mut shape.fields {
                    if key != name || !matches!(field.input, Input::Own | Input::OwnOr { .. }) {
                        continue;
                    }
                    let input = match self.text_script(&scope.site(value)) {
                        Ok(script) => Input::Expression(script.into()),
                        Err(what) => Input::Unresolved(what),
                    };
                    let otherwise = Box::new(input);
                    field.input = match replaces {
                        Replaces::Anything => *otherwise,
                        Replaces::Missing => Input::OwnOr { replaces_blank: false, otherwise },
                        Replaces::Blank => Input::OwnOr { replaces_blank: true, otherwise },
                    };
                }
            }
        }
    }
}

/// What an assignment to a variable replaces.
#[derive(Clone, Copy, PartialEq)]
enum Replaces {
    Anything,
    Missing,
    Blank,
}

/// A statement that sets a variable: its name, when, and the value.
fn assignment<'s, 'a>(
    statement: &'s Statement<'a>,
) -> Option<(&'s str, Replaces, &'s Expression<'a>)> {
    match statement {
        Statement::ExpressionStatement(run) => {
            let Expression::AssignmentExpression(assigned) = run.expression.get_inner_expression()
            else {
                return None;
            };
            let replaces = match assigned.operator {
                AssignmentOperator::Assign => Replaces::Anything,
                AssignmentOperator::LogicalNullish => Replaces::Missing,
                AssignmentOperator::LogicalOr => Replaces::Blank,
                _ => return None,
            };
            let member = assigned.left.as_member_expression()?;
            let name = member.static_property_name()?;
            is_process_env(member.object()).then_some((name, replaces, &assigned.right))
        }
        Statement::IfStatement(choice) if choice.alternate.is_none() => {
            let body = match &choice.consequent {
                Statement::BlockStatement(block) if block.body.len() == 1 => &block.body[0],
                other => other,
            };
            let (name, Replaces::Anything, value) = assignment(body)? else { return None };
            let is_variable = |value: &Expression<'a>| {
                member(value).is_some_and(|(env, key)| key == Some(name) && is_process_env(env))
            };
            let replaces = match choice.test.get_inner_expression() {
                Expression::UnaryExpression(not)
                    if not.operator == UnaryOperator::LogicalNot && is_variable(&not.argument) =>
                {
                    Replaces::Blank
                }
                Expression::BinaryExpression(equal)
                    if is_variable(&equal.left)
                        && (equal.right.is_undefined() || equal.right.is_null())
                        && matches!(
                            equal.operator,
                            BinaryOperator::Equality | BinaryOperator::StrictEquality
                        ) =>
                {
                    Replaces::Missing
                }
                _ => return None,
            };
            Some((name, replaces, value))
        }
        _ => None,
    }
}
