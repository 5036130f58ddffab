//! Values and functions that are known without executing the source: literals, names of literals, enums, and
//! small functions of a recognized shape.
//!
//! Environment schemas often use `(v) => (v === "" ? undefined : v)` and `(v) => v === "true"`. Any other
//! function is code whose result is not known.

use std::rc::Rc;

use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, ArrowFunctionBody, ArrowFunctionExpression,
    BinaryOperator, Expression, LogicalOperator, ObjectExpression, ObjectPropertyKind,
    RegExpLiteral, Statement, TSEnumDeclaration, TemplateLiteral, UnaryOperator,
};

use super::module::{EvalScope, ExprSite, Module, Resolved, SchemaReader};
use crate::zod::model::{Constant, Pattern, SchemaFunction};
use crate::zod::typescript::{Link, flatten};

/// Nested expressions of a constant that are followed.
const MAX_DEPTH: u8 = 24;

/// A value that the source states.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ConstValue {
    /// A single value.
    One(Constant),
    /// `/…/`
    Regex(Pattern),
    /// `[…]`
    List(Vec<Self>),
    /// `{…}` or an enum.
    Map(Vec<(String, Self)>),
}

impl ConstValue {
    /// The value, if it is a string.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::One(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value, if it is a number.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::One(Constant::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The value, if it is a single value.
    pub(crate) fn one(self) -> Option<Constant> {
        match self {
            Self::One(value) => Some(value),
            _ => None,
        }
    }

    /// An entry, if the value is an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => {
                entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

impl<'a> SchemaReader<'a> {
    /// The value of an expression, if the source states it.
    pub(crate) fn constant(&self, site: &ExprSite<'a>) -> Option<ConstValue> {
        self.constant_in(&site.module, site.value, MAX_DEPTH)
    }

    fn constant_in(
        &self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
        depth: u8,
    ) -> Option<ConstValue> {
        if depth == 0 || !self.step() {
            return None;
        }
        let inner = |value: &'a Expression<'a>| self.constant_in(module, value, depth - 1);
        Some(match value.get_inner_expression() {
            Expression::StringLiteral(text) => {
                ConstValue::One(Constant::Text(text.value.to_string()))
            }
            Expression::NumericLiteral(number) => ConstValue::One(Constant::Number(number.value)),
            Expression::BooleanLiteral(flag) => ConstValue::One(Constant::Boolean(flag.value)),
            Expression::NullLiteral(_) => ConstValue::One(Constant::Null),
            Expression::RegExpLiteral(regex) => ConstValue::Regex(pattern(regex)),
            Expression::Identifier(name) if name.name == "undefined" => {
                ConstValue::One(Constant::Undefined)
            }
            Expression::TemplateLiteral(template) => template_text(template, inner)?,
            Expression::UnaryExpression(unary) => {
                let operand = inner(&unary.argument)?.number()?;
                match unary.operator {
                    UnaryOperator::UnaryNegation => ConstValue::One(Constant::Number(-operand)),
                    UnaryOperator::UnaryPlus => ConstValue::One(Constant::Number(operand)),
                    _ => return None,
                }
            }
            Expression::BinaryExpression(binary) => {
                let left = inner(&binary.left)?.one()?;
                let right = inner(&binary.right)?.one()?;
                ConstValue::One(binary_result(binary.operator, left, right)?)
            }
            Expression::ArrayExpression(array) => list(array, inner)?,
            Expression::ObjectExpression(object) => map(object, inner)?,
            Expression::NewExpression(new) if new.callee.is_specific_id("RegExp") => {
                let text = |argument: &'a Argument<'a>| inner(argument.as_expression()?)?.text();
                let source = text(new.arguments.first()?)?;
                let flags = new.arguments.get(1).map_or(Some(String::new()), text)?;
                ConstValue::Regex(Pattern { source, flags })
            }
            other => return self.named_constant(module, other, depth - 1),
        })
    }

    /// The value of a name, of a member of a constant object, of `Object.keys(…)` or `Object.values(…)`.
    fn named_constant(
        &self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
        depth: u8,
    ) -> Option<ConstValue> {
        let chain = flatten(value)?;
        let Expression::Identifier(root) = chain.root else { return None };
        if let [link] = &chain.links[..]
            && root.name == "Object"
            && !module.bindings.contains_key("Object")
        {
            let ConstValue::Map(entries) = self.constant_in(module, link.arg(0)?, depth)? else {
                return None;
            };
            return match link.name {
                "keys" => Some(ConstValue::List(
                    entries
                        .into_iter()
                        .map(|(key, _)| ConstValue::One(Constant::Text(key)))
                        .collect(),
                )),
                "values" => Some(ConstValue::List(entries.into_iter().map(|(_, v)| v).collect())),
                _ => None,
            };
        }
        let mut value = match self.resolve(module, root.name.as_str()) {
            Resolved::Value(site) => self.constant_in(&site.module, site.value, depth)?,
            Resolved::Enum(home, declaration) => self.enumeration(&home, declaration, depth)?,
            _ => return None,
        };
        for link in &chain.links {
            if link.args.is_some() {
                return None;
            }
            value = value.get(link.name)?.clone();
        }
        Some(value)
    }

    /// The entries of a TypeScript enum.
    fn enumeration(
        &self,
        home: &Rc<Module<'a>>,
        declaration: &'a TSEnumDeclaration<'a>,
        depth: u8,
    ) -> Option<ConstValue> {
        let mut next = Some(0.0);
        let mut entries = Vec::new();
        for member in &declaration.body.members {
            let value = match &member.initializer {
                Some(value) => self.constant_in(home, value, depth)?.one()?,
                None => Constant::Number(next?),
            };
            next = match &value {
                Constant::Number(number) => Some(number + 1.0),
                _ => None,
            };
            entries.push((member.id.static_name().to_string(), ConstValue::One(value)));
        }
        Some(ConstValue::Map(entries))
    }
}

/// `` `a${b}` ``
fn template_text<'a>(
    template: &'a TemplateLiteral<'a>,
    inner: impl Fn(&'a Expression<'a>) -> Option<ConstValue>,
) -> Option<ConstValue> {
    let mut text = String::new();
    for (index, quasi) in template.quasis.iter().enumerate() {
        text.push_str(quasi.value.cooked.as_ref()?);
        if let Some(part) = template.expressions.get(index) {
            text.push_str(&as_text(inner(part)?.one()?)?);
        }
    }
    Some(ConstValue::One(Constant::Text(text)))
}

/// `[a, ...b]`
fn list<'a>(
    array: &'a ArrayExpression<'a>,
    inner: impl Fn(&'a Expression<'a>) -> Option<ConstValue>,
) -> Option<ConstValue> {
    let mut items = Vec::new();
    for element in &array.elements {
        match element {
            ArrayExpressionElement::SpreadElement(spread) => match inner(&spread.argument)? {
                ConstValue::List(more) => items.extend(more),
                _ => return None,
            },
            other => items.push(inner(other.as_expression()?)?),
        }
    }
    Some(ConstValue::List(items))
}

/// `{ a: b, ...c }`
fn map<'a>(
    object: &'a ObjectExpression<'a>,
    inner: impl Fn(&'a Expression<'a>) -> Option<ConstValue>,
) -> Option<ConstValue> {
    let mut entries = Vec::new();
    for property in &object.properties {
        match property {
            ObjectPropertyKind::ObjectProperty(property) => {
                let key = property.key.static_name()?.into_owned();
                entries.push((key, inner(&property.value)?));
            }
            ObjectPropertyKind::SpreadProperty(spread) => match inner(&spread.argument)? {
                ConstValue::Map(more) => entries.extend(more),
                _ => return None,
            },
        }
    }
    Some(ConstValue::Map(entries))
}

/// The pattern of a literal.
fn pattern(regex: &RegExpLiteral<'_>) -> Pattern {
    Pattern { source: regex.regex.pattern.text.to_string(), flags: regex.regex.flags.to_string() }
}

/// A constant inside of a string.
fn as_text(value: Constant) -> Option<String> {
    match value {
        Constant::Text(text) => Some(text),
        // Rust and JavaScript format integers below 10²¹ in the same way.
        Constant::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(format!("{number}"))
        }
        _ => None,
    }
}

/// The result of a binary operator.
fn binary_result(operator: BinaryOperator, left: Constant, right: Constant) -> Option<Constant> {
    match (operator, left, right) {
        (BinaryOperator::Addition, Constant::Number(a), Constant::Number(b)) => {
            Some(Constant::Number(a + b))
        }
        (BinaryOperator::Addition, a @ Constant::Text(_), b)
        | (BinaryOperator::Addition, a, b @ Constant::Text(_)) => {
            Some(Constant::Text(as_text(a)? + &as_text(b)?))
        }
        (operator, Constant::Number(a), Constant::Number(b)) => {
            Some(Constant::Number(match operator {
                BinaryOperator::Subtraction => a - b,
                BinaryOperator::Multiplication => a * b,
                BinaryOperator::Division => a / b,
                BinaryOperator::Exponential => a.powf(b),
                _ => return None,
            }))
        }
        _ => None,
    }
}

impl<'a> SchemaReader<'a> {
    /// The function that is passed as the argument at an index.
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
                Resolved::Unknown(_) if name.name == "Number" && !is_shadowed(scope, "Number") => {
                    return SchemaFunction::Number;
                }
                _ => return opaque(),
            }
        }
        match value {
            Expression::ArrowFunctionExpression(arrow) => {
                recognize(scope, arrow).unwrap_or_else(opaque)
            }
            _ => opaque(),
        }
    }
}

/// Whether the file declares a name that is otherwise a global of JavaScript.
fn is_shadowed(scope: &EvalScope<'_>, name: &str) -> bool {
    scope.module.bindings.contains_key(name)
}

/// Recognizes an arrow function with one parameter by its result.
fn recognize(scope: &EvalScope<'_>, arrow: &ArrowFunctionExpression<'_>) -> Option<SchemaFunction> {
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
    recognize_result(scope, name, body.get_inner_expression())
}

/// Recognizes the result expression of a function whose parameter has this name.
fn recognize_result(
    scope: &EvalScope<'_>,
    name: &str,
    body: &Expression<'_>,
) -> Option<SchemaFunction> {
    let is_value = |value: &Expression<'_>| value.is_specific_id(name);
    match body {
        Expression::Identifier(_) if is_value(body) => Some(SchemaFunction::Identity),
        Expression::ConditionalExpression(choice) => {
            let (when, then) = (&choice.consequent, &choice.alternate);
            let blank = is_comparison_with_blank(name, &choice.test)?;
            let (empty, other) = if blank { (when, then) } else { (then, when) };
            (empty.is_undefined() && is_value(other)).then_some(SchemaFunction::BlankToUndefined)
        }
        // `v || undefined`: the only falsy string is the blank one.
        Expression::LogicalExpression(either) if either.operator == LogicalOperator::Or => {
            (is_value(&either.left) && either.right.is_undefined())
                .then_some(SchemaFunction::BlankToUndefined)
        }
        Expression::BinaryExpression(_) => {
            is_strict_comparison(name, body).then_some(SchemaFunction::Comparison)
        }
        Expression::CallExpression(call)
            if call.callee.is_specific_id("Number") && !is_shadowed(scope, "Number") =>
        {
            match &call.arguments[..] {
                [argument] if argument.as_expression().is_some_and(is_value) => {
                    Some(SchemaFunction::Number)
                }
                _ => None,
            }
        }
        Expression::CallExpression(_) => recognize_method(name, body),
        _ => None,
    }
}

/// `v.trim()` and similar methods, which cannot fail on a string.
fn recognize_method(name: &str, body: &Expression<'_>) -> Option<SchemaFunction> {
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

/// Whether a method keeps a list of strings: `.map((s) => s.trim())`, `.filter(Boolean)`.
fn keeps_strings(link: &Link<'_>) -> bool {
    match (link.name, link.arg(0)) {
        ("filter", Some(argument)) => argument.is_specific_id("Boolean"),
        ("map", Some(Expression::ArrowFunctionExpression(arrow))) => {
            let [parameter] = &arrow.params.items[..] else { return false };
            let Some(id) = parameter.pattern.get_binding_identifier() else { return false };
            let body = arrow.body.as_expression().and_then(|body| recognize_method(&id.name, body));
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
