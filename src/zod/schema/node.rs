//! What an expression turns out to be, link by link.

use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::Expression;
use oxc_span::GetSpan;

use super::chain::{Link, flatten};
use super::create_env::is_create_env;
use super::imports::{ExprSite, Resolved, SchemaReader};
use super::module::{Imported, Module};
use super::package::is_zod;
use crate::zod::model::{ObjectMode, Rule, Side, SourceLine, Unresolved};

/// Expressions within expressions that are followed.
const MAX_DEPTH: u8 = 40;
/// Rules within rules; the judge walks them recursively.
const MAX_LEVELS: u16 = 200;
/// Rules in one rule: unions of unions must not double without end.
const MAX_RULES: u32 = 10_000;

/// A schema for one value.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// What it asks.
    pub rule: Rule,
    /// What it says about itself.
    pub description: Option<String>,
    /// Where it is declared.
    pub place: SourceLine,
    /// Who may know it.
    pub side: Side,
    /// How deep the rule nests.
    pub levels: u16,
    /// How many rules it is made of.
    pub rules: u32,
}

/// An ordered set of fields: the properties of an object in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectFields {
    /// In order of declaration.
    pub fields: Vec<(String, Field)>,
    index: HashMap<String, usize>,
    /// What may add or replace fields, and cannot be known.
    pub unresolved: Vec<Unresolved>,
    /// Names that the platform sets, see [`super::presets`].
    pub platform: Vec<&'static str>,
}

/// `z.object(…)` and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Its properties.
    pub shape: ObjectFields,
    /// What it does with others.
    pub mode: ObjectMode,
    /// Blank values count as missing.
    pub blank_is_missing: bool,
}

/// What an expression is.
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
    /// A plain object of schemas.
    Fields(ObjectFields),
    /// All exports of a file.
    Module(Rc<Module<'a>>),
    /// No schema, or none that can be read.
    Other(Unresolved),
}

/// Where an expression is being read, and how deep.
#[derive(Clone)]
pub(crate) struct EvalScope<'a> {
    /// The file whose names it uses.
    pub module: Rc<Module<'a>>,
    /// Levels still allowed.
    pub depth: u8,
}

impl Field {
    /// A field without a description.
    pub(crate) fn new(rule: Rule, place: SourceLine) -> Self {
        Self { rule, description: None, place, side: Side::Server, levels: 1, rules: 1 }
    }

    /// The field with its rule wrapped once more.
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

    /// The field joined with another in one rule.
    pub(crate) fn join(self, other: Self, place: &SourceLine, by: fn(Rule, Rule) -> Rule) -> Self {
        let levels = self.levels.max(other.levels);
        let rules = self.rules.saturating_add(other.rules);
        let rule = other.rule;
        Self { levels, rules, ..self }.wrap(place, |own| by(own, rule))
    }
}

impl ObjectFields {
    /// A shape of which nothing is known but why.
    pub(crate) fn unknown(what: Unresolved) -> Self {
        Self { unresolved: vec![what], ..Self::default() }
    }

    /// Adds a field or replaces the one of that name, which keeps its place, as in JavaScript.
    pub(crate) fn put(&mut self, name: String, field: Field) {
        if let Some(at) = self.index.get(&name) {
            self.fields[*at].1 = field;
        } else {
            self.index.insert(name.clone(), self.fields.len());
            self.fields.push((name, field));
        }
    }

    /// The field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Field> {
        self.index.get(name).map(|at| &self.fields[*at].1)
    }

    /// Takes over every field of another.
    pub(crate) fn absorb(&mut self, other: Self) {
        for (name, field) in other.fields {
            self.put(name, field);
        }
        self.unresolved.extend(other.unresolved);
    }

    /// The shape with these fields alone.
    pub(crate) fn only(self, keep: impl Fn(&str) -> bool) -> Self {
        let mut kept = Self { unresolved: self.unresolved, ..Self::default() };
        for (name, field) in self.fields.into_iter().filter(|(name, _)| keep(name)) {
            kept.put(name, field);
        }
        kept
    }
}

impl<'a> EvalScope<'a> {
    /// The outermost scope of a file.
    pub(crate) fn new(module: Rc<Module<'a>>) -> Self {
        Self { module, depth: MAX_DEPTH }
    }

    /// Something unknowable here.
    pub(crate) fn unresolved(&self, offset: u32, reason: impl Into<String>) -> Unresolved {
        self.module.unresolved(offset, reason)
    }

    /// An expression of this scope.
    pub(crate) fn site(&self, value: &'a Expression<'a>) -> ExprSite<'a> {
        ExprSite { module: Rc::clone(&self.module), value }
    }
}

impl<'a> SchemaReader<'a> {
    /// What an expression is.
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
            Expression::ObjectExpression(object) => Node::Fields(self.shape(&scope, object)),
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

    /// The schema for one value that an expression is.
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
