//! What reaches a schema: the argument of `parse(…)`, or `runtimeEnv` of `createEnv`.

use std::collections::HashMap;

use oxc_ast::ast::{Expression, LogicalExpression, ObjectExpression, ObjectPropertyKind};
use oxc_span::GetSpan;

use super::node::{Node, ObjectFields};
use super::resolve::SchemaReader;
use super::scope::{ExprSite, Resolved};
use crate::zod::code::{is_process_env, member};
use crate::zod::model::Input;

impl KeySources {
    /// Those of the environment, spread over these: what it does not set stays.
    fn under_environment(self) -> Self {
        let keys = self.keys.into_iter().map(|(name, input)| {
            let over = Input::OwnOr { replaces_blank: false, otherwise: Box::new(input) };
            (name, over)
        });
        Self { keys: keys.collect(), others: Input::Own }
    }
}

/// Names and literals that are followed.
const MAX_HOPS: u8 = 16;

/// The keys of an object literal with their sources, and the source of every other key.
#[derive(Clone, PartialEq)]
struct KeySources {
    keys: HashMap<String, Input>,
    others: Input,
}

impl<'a> SchemaReader<'a> {
    /// Sets where each key comes from. `others` is the source of keys that the argument does not name.
    pub(crate) fn set_inputs(&self, site: &ExprSite<'a>, shape: &mut ObjectFields, others: Input) {
        let start = KeySources { keys: HashMap::new(), others };
        let sources = self.key_sources(site, start, MAX_HOPS);
        let whole = if sources.is_none() { Some(self.whole_input(site)) } else { None };
        for (name, field) in &mut shape.fields {
            field.input = match (&sources, &whole) {
                (Some(sources), _) => sources.keys.get(name).unwrap_or(&sources.others).clone(),
                (None, Some(whole)) => whole.clone(),
                (None, None) => Input::Own,
            };
        }
    }

    /// The keys of an argument that is the environment or an object literal of it; `None` if it is computed.
    fn key_sources(&self, site: &ExprSite<'a>, before: KeySources, hops: u8) -> Option<KeySources> {
        if hops == 0 || !self.step() {
            return None;
        }
        if is_process_env(site.value) {
            return Some(before.under_environment());
        }
        match site.value.get_inner_expression() {
            Expression::ObjectExpression(object) => {
                self.literal_sources(site, object, before, hops)
            }
            Expression::Identifier(name) => match self.resolve(&site.scope, name.name.as_str()) {
                Resolved::Value(target) => self.key_sources(&target, before, hops - 1),
                // A function that is given the environment: `validate(config)`.
                Resolved::Parameter => Some(before.under_environment()),
                _ => None,
            },
            Expression::LogicalExpression(either) if is_env_or_empty(either) => {
                Some(before.under_environment())
            }
            // `typeof window === "undefined" ? process.env : import.meta.env`
            Expression::ConditionalExpression(choice) => {
                let then = site.scope.site(&choice.consequent);
                let otherwise = site.scope.site(&choice.alternate);
                let then = self.key_sources(&then, before.clone(), hops - 1)?;
                let otherwise = self.key_sources(&otherwise, before, hops - 1)?;
                (then == otherwise).then_some(then)
            }
            Expression::StaticMemberExpression(_) => match self.node(&site.scope, site.value) {
                Node::Literal(home, object) => {
                    let target = ExprSite { scope: home, value: site.value };
                    self.literal_sources(&target, object, before, hops)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn literal_sources(
        &self,
        site: &ExprSite<'a>,
        object: &'a ObjectExpression<'a>,
        mut sources: KeySources,
        hops: u8,
    ) -> Option<KeySources> {
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let inner = site.scope.site(&spread.argument);
                    sources = self.key_sources(&inner, sources, hops - 1)?;
                }
                ObjectPropertyKind::ObjectProperty(property) => {
                    let name = property.key.static_name()?.into_owned();
                    let input = self.key_input(&site.scope.site(&property.value), &name);
                    sources.keys.insert(name, input);
                }
            }
        }
        Some(sources)
    }

    /// The source of one key: `process.env.X`, or an expression.
    pub(crate) fn key_input(&self, site: &ExprSite<'a>, name: &str) -> Input {
        let same = member(site.value).is_some_and(|(object, key)| {
            key == Some(name) && (is_process_env(object) || self.is_environment_name(site, object))
        });
        if same {
            return Input::Own;
        }
        match self.script(site) {
            Ok(script) => Input::Expression(script.into()),
            Err(what) => Input::Unresolved(what),
        }
    }

    /// The variable that an argument is: `process.env.X`, or a name of it.
    pub(crate) fn variable_of(&self, site: &ExprSite<'a>) -> Option<String> {
        let mut site = site.clone();
        for _ in 0..MAX_HOPS {
            if let Some((object, key)) = member(site.value)
                && is_process_env(object)
            {
                return key.map(str::to_owned);
            }
            let Expression::Identifier(name) = site.value.get_inner_expression() else { break };
            match self.resolve(&site.scope, name.name.as_str()) {
                Resolved::Value(target) => site = target,
                _ => break,
            }
        }
        None
    }

    /// Whether an expression is a name of the environment: `const env = process.env`.
    fn is_environment_name(&self, site: &ExprSite<'a>, object: &Expression<'a>) -> bool {
        let Expression::Identifier(name) = object.get_inner_expression() else { return false };
        match self.resolve(&site.scope, name.name.as_str()) {
            Resolved::Value(target) => is_process_env(target.value),
            _ => false,
        }
    }

    /// The source of every key of an argument that code computes.
    fn whole_input(&self, site: &ExprSite<'a>) -> Input {
        match self.script(site) {
            Ok(script) => Input::Whole(script.into()),
            Err(what) => Input::Unresolved(what),
        }
    }

    /// Whether an expression is made from the environment, and not from what a schema returned.
    pub(crate) fn reads_environment(&self, site: &ExprSite<'a>, hops: u8) -> Origin {
        // `schema.parse(process.env.X)` parses one variable.
        if let Some((object, key)) = member(site.value)
            && is_process_env(object)
        {
            return if key.is_some() { Origin::Variable } else { Origin::Other };
        }
        if hops == 0 || !self.step() {
            return Origin::Other;
        }
        let Ok(erased) = crate::zod::erase::expression(site.scope.module.text, site.value) else {
            return Origin::Other;
        };
        let text = erased.text.replace("JSON.parse(", "");
        if erased.text.trim_start().starts_with("JSON.parse(") {
            return Origin::Other;
        }
        let parses = [".parse(", "afeParse(", "arseAsync(", "createEnv("];
        if parses.iter().any(|call| text.contains(call)) {
            return Origin::Parsed;
        }
        if ["process.env", "importMeta.env", "Bun.env", "process?.env"]
            .iter()
            .any(|e| text.contains(e))
        {
            return Origin::Environment;
        }
        let mut origin = Origin::Other;
        for name in erased.names {
            let found = match self.resolve(&site.scope, name) {
                Resolved::Value(target) if target.value.span() != site.value.span() => {
                    self.reads_environment(&target, hops - 1)
                }
                // `const { env } = process`, `const { A } = process.env`
                Resolved::Property(target, property)
                    if property.name == "env" && target.value.is_specific_id("process") =>
                {
                    Origin::Environment
                }
                Resolved::Property(target, _) if is_process_env(target.value) => {
                    Origin::Environment
                }
                Resolved::Parameter => Origin::Parameter,
                Resolved::Package(_, crate::zod::schema::module::Imported::Named("env")) => {
                    Origin::Environment
                }
                _ => Origin::Other,
            };
            origin = origin.max(found);
        }
        origin
    }
}

/// Where an argument of `parse` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// From something else.
    Other,
    /// From one variable of the environment.
    Variable,
    /// From what a schema returned.
    Parsed,
    /// From a parameter of a function.
    Parameter,
    /// From the environment.
    Environment,
}

/// `process.env ?? {}`
fn is_env_or_empty(either: &LogicalExpression<'_>) -> bool {
    let empty = match either.right.get_inner_expression() {
        Expression::ObjectExpression(object) => object.properties.is_empty(),
        _ => false,
    };
    is_process_env(&either.left) && empty
}
