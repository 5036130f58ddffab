//! The meaning of an expression: follows a chain such as `z.string().min(1)` link by link.

use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::{Expression, ObjectExpression, ObjectPropertyKind};
use oxc_span::GetSpan;

use super::module::{Imported, Module};
use super::package::{is_create_env, is_zod};
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, FunctionCode, FunctionSite, Resolved};
use crate::zod::model::{
    Input, ObjectCheck, ObjectMode, Rule, SchemaFunction, Side, SourceLine, Unresolved, Validation,
};
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
    /// Where the value comes from.
    pub(crate) input: Input,
    /// A blank value counts as missing.
    pub(crate) blank_is_missing: bool,
    /// When the value is judged at all.
    pub(crate) validated: Vec<Validation>,
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
    /// Code that may refuse the whole object, without adding fields.
    pub(crate) conditions: Vec<ObjectCheck>,
    /// Names that a hosting platform sets, from presets.
    pub(crate) platform: Vec<&'static str>,
    /// The prefix of variables for browsers.
    pub(crate) client_prefix: Option<String>,
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
    /// The function that makes its input: `z.preprocess(f, z.object({ … }))`.
    pub(crate) preprocess: Option<SchemaFunction>,
}

impl Object {
    /// The rule of a key whose value is the object. No text is an object, but a function can make one of it.
    pub(crate) fn rule(self) -> Rule {
        let object = Rule::Structure("object");
        match self.preprocess {
            Some(function) => Rule::Pipe(Box::new(Rule::Transform(function)), Box::new(object)),
            None => object,
        }
    }
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
    /// An object literal.
    Literal(EvalScope<'a>, &'a ObjectExpression<'a>),
    /// The fields of an object schema: `.shape`.
    Fields(ObjectFields),
    /// A function of the checkout.
    Function(FunctionSite<'a>),
    /// `createEnv` of a package, not yet called.
    CreateEnv(&'a str),
    /// All exports of a file.
    Module(Rc<Module<'a>>),
    /// Not a schema, or not one that is supported.
    Other(Unresolved),
}

impl Field {
    /// A field without a description.
    pub(crate) fn new(rule: Rule, place: SourceLine) -> Self {
        Self {
            rule,
            description: None,
            place,
            side: Side::Server,
            input: Input::Own,
            blank_is_missing: false,
            validated: Vec::new(),
            levels: 1,
            rules: 1,
        }
    }

    /// The field with another rule, unless its own became too large.
    pub(crate) fn with_rule(self, rule: Rule) -> Self {
        let too_large = self.levels >= MAX_LEVELS || self.rules >= MAX_RULES;
        if too_large { self } else { Self { rule, ..self } }
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
        self.conditions.extend(other.conditions);
        self.platform.extend(other.platform);
    }

    /// Only the fields whose name satisfies a condition.
    pub(crate) fn only(self, selected: impl Fn(&str) -> bool) -> Self {
        let (unresolved, conditions) = (self.unresolved, self.conditions);
        let mut fields = Self { unresolved, conditions, ..Self::default() };
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
            Expression::ObjectExpression(object) => Node::Literal(scope.clone(), object),
            Expression::ConditionalExpression(choice) => {
                let then = self.node(&scope, &choice.consequent);
                let otherwise = self.node(&scope, &choice.alternate);
                self.choice(&scope, &choice.test, then, otherwise)
            }
            other => match FunctionCode::of(other) {
                Some(code) => Node::Function(FunctionSite { scope: scope.clone(), code }),
                None => {
                    return Node::Other(scope.unresolved(offset, "not a schema that can be read"));
                }
            },
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
        let node = self.node(scope, value);
        self.field_of(node, place)
    }

    /// What an expression means as the schema of one value.
    pub(crate) fn field_of(&self, node: Node<'a>, place: SourceLine) -> Field {
        match node {
            Node::Field(field) => field,
            Node::Object(object) => Field::new(object.rule(), place),
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
        match self.resolve(scope, name) {
            Resolved::Value(site) => {
                Ok(self.node(&EvalScope { depth: scope.depth, ..site.scope }, site.value))
            }
            Resolved::Function(site) => Ok(Node::Function(site)),
            Resolved::Property(site, property) => {
                let node = self.node(&EvalScope { depth: scope.depth, ..site.scope }, site.value);
                let access = Link { name: property.name, args: None, offset };
                Ok(self.link(scope, node, &access))
            }
            Resolved::Cache(_) => {
                Err(scope.unresolved(offset, format!("`{name}` is a variable that may change")))
            }
            Resolved::Parameter => {
                Err(scope.unresolved(offset, format!("`{name}` is a parameter")))
            }
            Resolved::Module(module) => Ok(Node::Module(module)),
            Resolved::Package(from, Imported::Named(what)) if is_create_env(from, what) => {
                Ok(Node::CreateEnv(from))
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
            Node::Literal(home, object) if link.args.is_none() => {
                match self.literal_property(&home, object, link.name) {
                    Some(Ok(site)) => {
                        self.node(&EvalScope { depth: scope.depth, ..site.scope }, site.value)
                    }
                    Some(Err(what)) => Node::Other(what),
                    None => {
                        let reason = format!("no property `{}` that can be read", link.name);
                        Node::Other(scope.unresolved(link.offset, reason))
                    }
                }
            }
            // A method of an object literal: `fields.port()`.
            Node::Literal(home, object) => match self.literal_property(&home, object, link.name) {
                Some(Ok(site)) => {
                    let node =
                        self.node(&EvalScope { depth: scope.depth, ..site.scope }, site.value);
                    let call = Link { name: "", args: link.args, offset: link.offset };
                    self.link(scope, node, &call)
                }
                _ => Node::Other(scope.unresolved(link.offset, "a method that cannot be read")),
            },
            Node::Function(function) if link.name.is_empty() => self.call(scope, &function, link),
            Node::CreateEnv(from) if link.name.is_empty() => self.create_env(scope, from, link),
            Node::Function(_) | Node::CreateEnv(_) => {
                Node::Other(scope.unresolved(link.offset, "a property of a function"))
            }
            Node::Fields(shape) => match shape.get(link.name) {
                Some(field) if link.args.is_none() => Node::Field(field.clone()),
                _ => {
                    let reason = format!("no property `{}` that can be read", link.name);
                    Node::Other(scope.unresolved(link.offset, reason))
                }
            },
            Node::Module(module) => match self.exported(&module, link.name) {
                Resolved::Value(site) => {
                    let node =
                        self.node(&EvalScope { depth: scope.depth, ..site.scope }, site.value);
                    self.called(scope, node, link)
                }
                Resolved::Function(site) => self.called(scope, Node::Function(site), link),
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

    /// What is accessed through a namespace, called if the link is a call.
    fn called(&self, scope: &EvalScope<'a>, node: Node<'a>, link: &Link<'a>) -> Node<'a> {
        match link.args {
            None => node,
            args => self.link(scope, node, &Link { name: "", args, offset: link.offset }),
        }
    }

    /// The value of a property of an object literal, also of one that it spreads; `None` if there is none, an
    /// error if it cannot be told.
    pub(crate) fn literal_property(
        &self,
        scope: &EvalScope<'a>,
        object: &'a ObjectExpression<'a>,
        name: &str,
    ) -> Option<Result<ExprSite<'a>, Unresolved>> {
        for property in object.properties.iter().rev() {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    let offset = property.span.start;
                    match property.key.static_name() {
                        Some(key) if key == name => return Some(Ok(scope.site(&property.value))),
                        Some(_) => {}
                        None => {
                            return Some(Err(scope.unresolved(offset, "a key that is computed")));
                        }
                    }
                }
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let found = match self.node(scope, &spread.argument) {
                        Node::Literal(home, other) => self.literal_property(&home, other, name),
                        Node::Other(what) => Some(Err(what)),
                        _ => {
                            let reason = "a spread that cannot be read";
                            Some(Err(scope.unresolved(spread.span.start, reason)))
                        }
                    };
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }
}
