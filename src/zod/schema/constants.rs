//! Values that the source states: literals, names of literals, enums; and values that its code computes.

use std::rc::Rc;

use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, BinaryOperator, Expression,
    ObjectExpression, ObjectPropertyKind, RegExpLiteral, TSEnumDeclaration, TemplateLiteral,
    UnaryOperator,
};

use super::module::Module;
use super::node::Node;
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, Resolved};
use crate::zod::engine::{self, JsValue, Variables};
use crate::zod::model::{Constant, FunctionUse, Pattern, Rule, SchemaFunction};
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

    /// A value that code returned.
    fn from_js(value: JsValue) -> Option<Self> {
        Some(match value {
            JsValue::Undefined => Self::One(Constant::Undefined),
            JsValue::Null => Self::One(Constant::Null),
            JsValue::Boolean(value) => Self::One(Constant::Boolean(value)),
            JsValue::Number(value) => Self::One(Constant::Number(value)),
            JsValue::Text(value) => Self::One(Constant::Text(value)),
            JsValue::List(items) => {
                Self::List(items.into_iter().map(Self::from_js).collect::<Option<_>>()?)
            }
            JsValue::Object(pairs) => Self::Map(
                pairs
                    .into_iter()
                    .map(|(key, value)| Some((key, Self::from_js(value)?)))
                    .collect::<Option<_>>()?,
            ),
            JsValue::Date | JsValue::Open(_) | JsValue::Never | JsValue::Opaque => return None,
        })
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
        self.constant_in(&site.scope, site.value, MAX_DEPTH)
    }

    fn constant_in(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
        depth: u8,
    ) -> Option<ConstValue> {
        if depth == 0 || !self.step() {
            return None;
        }
        let inner = |value: &'a Expression<'a>| self.constant_in(scope, value, depth - 1);
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
            other => return self.named_constant(scope, other, depth - 1),
        })
    }

    /// The value of a name, of a member of a constant object, of `Object.keys(…)` or `Object.values(…)`.
    fn named_constant(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
        depth: u8,
    ) -> Option<ConstValue> {
        let chain = flatten(value)?;
        let Expression::Identifier(root) = chain.root else { return None };
        if let [link] = &chain.links[..]
            && root.name == "Object"
            && !scope.module.bindings.contains_key("Object")
        {
            let ConstValue::Map(entries) = self.constant_in(scope, link.arg(0)?, depth)? else {
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
        if let Some(words) = self.words_of_enum(scope, value) {
            return Some(words);
        }
        let mut value = match self.resolve(scope, root.name.as_str()) {
            Resolved::Value(site) => self.constant_in(&site.scope, site.value, depth)?,
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

    /// `base.options`, `base.enum` and their like: the words of an enum of zod.
    fn words_of_enum(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
    ) -> Option<ConstValue> {
        let Expression::StaticMemberExpression(member) = value.get_inner_expression() else {
            return None;
        };
        let as_list = match member.property.name.as_str() {
            "options" => true,
            "enum" | "Enum" | "Values" => false,
            _ => return None,
        };
        let Node::Field(field) = self.node(scope, &member.object) else { return None };
        let Rule::OneOf(words) = field.rule else { return None };
        Some(if as_list {
            ConstValue::List(words.into_iter().map(ConstValue::One).collect())
        } else {
            let pair = |word: Constant| match &word {
                Constant::Text(text) => Some((text.clone(), ConstValue::One(word))),
                _ => None,
            };
            ConstValue::Map(words.into_iter().map(pair).collect::<Option<_>>()?)
        })
    }

    /// An enum as the text of an object literal.
    pub(crate) fn enum_literal(
        &self,
        home: &Rc<Module<'a>>,
        declaration: &'a TSEnumDeclaration<'a>,
    ) -> Option<String> {
        let ConstValue::Map(entries) = self.enumeration(home, declaration, MAX_DEPTH)? else {
            return None;
        };
        let mut object = serde_json::Map::new();
        for (name, value) in entries {
            let value = match value.one()? {
                Constant::Text(text) => serde_json::Value::from(text),
                Constant::Number(number) => {
                    object.insert(as_text(Constant::Number(number))?, name.clone().into());
                    serde_json::Value::from(number)
                }
                _ => return None,
            };
            object.insert(name, value);
        }
        Some(format!("({})", serde_json::Value::Object(object)))
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
                Some(value) => {
                    self.constant_in(&EvalScope::new(Rc::clone(home)), value, depth)?.one()?
                }
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
        let Some(value) = link.arg(index) else {
            let reason = format!("{} runs code", link.name);
            return SchemaFunction::Opaque(scope.unresolved(link.offset, reason));
        };
        match self.script(&scope.site(value)) {
            Ok(script) => SchemaFunction::Script(script.into()),
            Err(what) => SchemaFunction::Opaque(what),
        }
    }

    /// The value of an expression: what the source states, else what its code returns, if that depends on
    /// nothing but the source.
    pub(crate) fn computed_constant(&self, site: &ExprSite<'a>) -> Option<ConstValue> {
        self.constant(site).or_else(|| {
            let script = self.script(site).ok()?;
            let nothing = Variables::without([]);
            let value = engine::run(&script, FunctionUse::Value, &JsValue::Undefined, &nothing);
            ConstValue::from_js(value.value().ok()?)
        })
    }
}
