//! The meaning of an expression: follows a chain such as `z.string().min(1)` link by link.

use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::Expression;
use oxc_span::GetSpan;

use super::module::{EvalScope, Imported, Module, Resolved, SchemaReader};
use super::package::{is_create_env, is_zod};
use crate::zod::model::{ObjectMode, Rule, Side, SourceLine, Unresolved};
use crate::zod::typescript::{Link, flatten};

/// Nested rules that are accepted; the evaluation is recursive.
const MAX_LEVELS: u16 = 200;
/// Parts that one rule may have; unions of unions grow exponentially.
const MAX_RULES: u32 = 10_000;

/// A schema for one value.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The rule.
    pub(crate) rule: Rule,
    /// The description in the schema.
    pub(crate) description: Option<String>,
    /// The line of its declaration.
    pub(crate) place: SourceLine,
    /// The part of a `createEnv` schema that declares it.
    pub(crate) side: Side,
    /// Nesting depth of the rule.
    pub(crate) levels: u16,
    /// Number of parts of the rule.
    pub(crate) rules: u32,
}

/// The properties of an object schema or of an object literal of schemas.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectFields {
    /// The fields, in source order.
    pub(crate) fields: Vec<(String, Field)>,
    index: HashMap<String, usize>,
    /// Code that may add or replace fields.
    pub(crate) unresolved: Vec<Unresolved>,
    /// Names that a hosting platform sets, from presets.
    pub(crate) platform: Vec<&'static str>,
}

/// An object schema: `z.object(…)` after its methods.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The properties.
    pub(crate) shape: ObjectFields,
    /// The treatment of undeclared keys.
    pub(crate) mode: ObjectMode,
    /// Blank values count as missing.
    pub(crate) blank_is_missing: bool,
}

/// The meaning of an expression.
pub(crate) enum Node<'a> {
    /// `z`
    Zod,
    /// `z.coerce`
    Coerce,
    /// `z.iso`
    Iso,
    /// An object schema.
    Object(Object),
    /// Any other schema.
    Field(Field),
    /// An object literal of schemas.
    Fields(ObjectFields),
    /// All exports of a file.
    Module(Rc<Module<'a>>),
    /// Not a schema, or not one that is supported.
    Other(Unresolved),
}

impl Field {
    /// A field without a description.
    pub(crate) fn new(rule: Rule, place: SourceLine) -> Self {
        Self { rule, description: None, place, side: Side::Server, levels: 1, rules: 1 }
    }

    /// The field with its rule wrapped; unresolved if the rule becomes too large.
    pub(crate) fn wrap(mut self, place: &SourceLine, wrap: impl FnOnce(Rule) -> Rule) -> Self {
        if self.levels >= MAX_LEVELS || self.rules >= MAX_RULES {
            let reason = "nests too deeply".to_owned();
            self.rule = Rule::Unresolved(Unresolved { place: place.clone(), reason });
            return self;
        }
        self.levels += 1;
        self.rules += 1;
        self.rule = wrap(self.rule);
        self
    }

    /// The field with a rule that combines its own and another one.
    pub(crate) fn join(self, other: Self, place: &SourceLine, by: fn(Rule, Rule) -> Rule) -> Self {
        let levels = self.levels.max(other.levels);
        let rules = self.rules.saturating_add(other.rules);
        let rule = other.rule;
        Self { levels, rules, ..self }.wrap(place, |own| by(own, rule))
    }
}

impl ObjectFields {
    /// Fields of which none is known.
    pub(crate) fn unknown(what: Unresolved) -> Self {
        Self { unresolved: vec![what], ..Self::default() }
    }

    /// Adds a field, or replaces the field of that name in its position, as JavaScript does.
    pub(crate) fn put(&mut self, name: String, field: Field) {
        if let Some(at) = self.index.get(&name) {
            self.fields[*at].1 = field;
        } else {
            self.index.insert(name.clone(), self.fields.len());
            self.fields.push((name, field));
        }
    }

    /// The field with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Field> {
        self.index.get(name).map(|at| &self.fields[*at].1)
    }

    /// Adds every field of another object.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (name, field) in other.fields {
            self.put(name, field);
        }
        self.unresolved.extend(other.unresolved);
    }

    /// Only the fields whose name satisfies a condition.
    pub(crate) fn only(self, selected: impl Fn(&str) -> bool) -> Self {
        let mut fields = Self { unresolved: self.unresolved, ..Self::default() };
        for (name, field) in self.fields.into_iter().filter(|(name, _)| selected(name)) {
            fields.put(name, field);
        }
        fields
    }
}

impl<'a> SchemaReader<'a> {
    /// Determines the meaning of an expression.
    pub(crate) fn node(&self, scope: &EvalScope<'a>, value: &'a Expression<'a>) -> Node<'a> {
        let offset = value.span().start;
        if scope.depth == 0 || !self.step() {
            return Node::Other(scope.unresolved(offset, "too deep or too large to follow"));
        }
        let scope = EvalScope { depth: scope.depth - 1, ..scope.clone() };
        let Some(chain) = flatten(value) else {
            return Node::Other(scope.unresolved(offset, "a chain too long to follow"));
        };
        let mut links = chain.links.iter();
        let mut node = match chain.root {
            Expression::Identifier(name) => {
                match self.root(&scope, name.name.as_str(), offset, &mut links) {
                    Ok(node) => node,
                    Err(what) => return Node::Other(what),
                }
            }
            Expression::ObjectExpression(object) => {
                Node::Fields(self.object_literal(&scope, object))
            }
            _ => return Node::Other(scope.unresolved(offset, "not a schema that can be read")),
        };
        for link in links {
            if !self.step() {
                return Node::Other(scope.unresolved(offset, "too large to follow"));
            }
            node = self.link(&scope, node, link);
        }
        node
    }

    /// Reads an expression as the schema of one value.
    pub(crate) fn field(&self, scope: &EvalScope<'a>, value: &'a Expression<'a>) -> Field {
        let place = scope.module.place(value.span().start);
        match self.node(scope, value) {
            Node::Field(field) => field,
            Node::Object(_) => Field::new(Rule::Structure("object"), place),
            Node::Other(what) => Field::new(Rule::Unresolved(what), place),
            _ => {
                let reason = "not a schema".to_owned();
                Field::new(Rule::Unresolved(Unresolved { place: place.clone(), reason }), place)
            }
        }
    }

    /// The meaning of a name at the start of a chain; consumes the links that belong to it.
    fn root<'l>(
        &self,
        scope: &EvalScope<'a>,
        name: &'a str,
        offset: u32,
        links: &mut std::slice::Iter<'l, Link<'a>>,
    ) -> Result<Node<'a>, Unresolved> {
        match self.resolve(&scope.module, name) {
            Resolved::Value(site) => {
                Ok(self.node(&EvalScope { module: site.module, depth: scope.depth }, site.value))
            }
            Resolved::Module(module) => Ok(Node::Module(module)),
            Resolved::Package(from, Imported::Named(what))
                if is_create_env(from, what)
                    && links.as_slice().first().is_some_and(|link| link.name.is_empty()) =>
            {
                match links.next() {
                    Some(call) => Ok(self.create_env(scope, call)),
                    None => Err(scope.unresolved(offset, "createEnv is not called")),
                }
            }
            Resolved::Package(from, what) if is_zod(from) => match what {
                Imported::Namespace | Imported::Named("z" | "default") => Ok(Node::Zod),
                // `import { object, string } from "zod"`
                Imported::Named(member) => match links.clone().next() {
                    Some(link) if link.name.is_empty() => {
                        let call = Link { name: member, args: link.args, offset: link.offset };
                        links.next();
                        Ok(self.link(scope, Node::Zod, &call))
                    }
                    _ => {
                        let access = Link { name: member, args: None, offset };
                        Ok(self.link(scope, Node::Zod, &access))
                    }
                },
            },
            Resolved::Package(from, _) => {
                Err(scope.unresolved(offset, format!("`{name}` comes from the package \"{from}\"")))
            }
            Resolved::Enum(..) => Err(scope.unresolved(offset, format!("`{name}` is an enum"))),
            Resolved::Unknown(reason) => Err(scope.unresolved(offset, reason)),
        }
    }

    /// The meaning of a property access or call.
    fn link(&self, scope: &EvalScope<'a>, node: Node<'a>, link: &Link<'a>) -> Node<'a> {
        match node {
            Node::Zod => self.constructor(scope, link),
            Node::Coerce => self.coerced(scope, link),
            Node::Iso => self.iso(scope, link),
            Node::Object(object) => self.object_method(scope, object, link),
            Node::Field(field) => Node::Field(self.modifier(scope, field, link)),
            Node::Fields(shape) => match shape.get(link.name) {
                Some(field) if link.args.is_none() => Node::Field(field.clone()),
                _ => {
                    let reason = format!("no property `{}` that can be read", link.name);
                    Node::Other(scope.unresolved(link.offset, reason))
                }
            },
            Node::Module(module) => match self.exported(&module, link.name) {
                Resolved::Value(site) if link.args.is_none() => {
                    self.node(&EvalScope { module: site.module, depth: scope.depth }, site.value)
                }
                Resolved::Package(from, Imported::Namespace | Imported::Named("z"))
                    if is_zod(from) =>
                {
                    Node::Zod
                }
                Resolved::Unknown(reason) => Node::Other(scope.unresolved(link.offset, reason)),
                _ => Node::Other(scope.unresolved(link.offset, "not a schema")),
            },
            other @ Node::Other(_) => other,
        }
    }
}
