//! Values that the source states outright: literals, and names for them.

use std::rc::Rc;

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, BinaryOperator, Expression, ObjectPropertyKind,
    RegExpLiteral, TSEnumDeclaration, UnaryOperator,
};

use super::chain::flatten;
use super::imports::{ExprSite, Resolved, SchemaReader};
use super::module::Module;
use crate::zod::model::{Constant, Pattern};

/// Expressions within expressions; a constant deeper than this is no constant.
const MAX_DEPTH: u8 = 24;

/// A value known from the source.
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
    /// The string it is.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::One(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number it is.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::One(Constant::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The single value it is.
    pub(crate) fn one(self) -> Option<Constant> {
        match self {
            Self::One(value) => Some(value),
            _ => None,
        }
    }

    /// An entry of the object it is.
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
    /// The value of an expression, when the source states it.
    pub(crate) fn constant(&self, site: &ExprSite<'a>) -> Option<ConstValue> {
        self.known(&site.module, site.value, MAX_DEPTH)
    }

    fn known(
        &self,
        module: &Rc<Module<'a>>,
        value: &'a Expression<'a>,
        depth: u8,
    ) -> Option<ConstValue> {
        if depth == 0 || !self.step() {
            return None;
        }
        let inner = |value: &'a Expression<'a>| self.known(module, value, depth - 1);
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
            Expression::TemplateLiteral(template) => {
                let mut text = String::new();
                for (index, quasi) in template.quasis.iter().enumerate() {
                    text.push_str(quasi.value.cooked.as_ref()?);
                    if let Some(part) = template.expressions.get(index) {
                        text.push_str(&as_text(inner(part)?.one()?)?);
                    }
                }
                ConstValue::One(Constant::Text(text))
            }
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
                ConstValue::One(calculated(binary.operator, left, right)?)
            }
            Expression::ArrayExpression(array) => {
                let mut items = Vec::new();
                for element in &array.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(spread) => {
                            match inner(&spread.argument)? {
                                ConstValue::List(more) => items.extend(more),
                                _ => return None,
                            }
                        }
                        other => items.push(inner(other.as_expression()?)?),
                    }
                }
                ConstValue::List(items)
            }
            Expression::ObjectExpression(object) => {
                let mut entries = Vec::new();
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) => {
                            let key = property.key.static_name()?.into_owned();
                            entries.push((key, inner(&property.value)?));
                        }
                        ObjectPropertyKind::SpreadProperty(spread) => {
                            match inner(&spread.argument)? {
                                ConstValue::Map(more) => entries.extend(more),
                                _ => return None,
                            }
                        }
                    }
                }
                ConstValue::Map(entries)
            }
            Expression::NewExpression(new) if new.callee.is_specific_id("RegExp") => {
                let text = |argument: &'a Argument<'a>| inner(argument.as_expression()?)?.text();
                let source = text(new.arguments.first()?)?;
                let flags = new.arguments.get(1).map_or(Some(String::new()), text)?;
                ConstValue::Regex(Pattern { source, flags })
            }
            other => return self.named(module, other, depth - 1),
        })
    }

    /// A name, a member of a constant object, `Object.keys(…)`, `Object.values(…)`.
    fn named(
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
            let ConstValue::Map(entries) = self.known(module, link.arg(0)?, depth)? else {
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
        let mut known = match self.resolve(module, root.name.as_str()) {
            Resolved::Value(site) => self.known(&site.module, site.value, depth)?,
            Resolved::Enum(home, declaration) => self.enumeration(&home, declaration, depth)?,
            _ => return None,
        };
        for link in &chain.links {
            if link.args.is_some() {
                return None;
            }
            known = known.get(link.name)?.clone();
        }
        Some(known)
    }

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
                Some(value) => self.known(home, value, depth)?.one()?,
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

fn pattern(regex: &RegExpLiteral<'_>) -> Pattern {
    Pattern { source: regex.regex.pattern.text.to_string(), flags: regex.regex.flags.to_string() }
}

fn as_text(value: Constant) -> Option<String> {
    match value {
        Constant::Text(text) => Some(text),
        // Rust and JavaScript write whole numbers alike below 10²¹.
        Constant::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(format!("{number}"))
        }
        _ => None,
    }
}

fn calculated(operator: BinaryOperator, left: Constant, right: Constant) -> Option<Constant> {
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
