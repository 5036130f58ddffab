//! `createEnv({ server, client, shared, … })` of `@t3-oss/env-*`, what it extends, and its options.

use oxc_ast::ast::{Argument, ArrayExpressionElement, Expression, ObjectExpression, Statement};
use oxc_span::GetSpan;

use super::constants::ConstValue;
use super::module::Imported;
use super::node::{Field, Node, Object, ObjectFields};
use super::package::{is_preset, is_zod};
use super::presets::{PLATFORMS, REQUIRED, RequiredKind, VERCEL_ENV};
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, FunctionBlock, FunctionCode, Local, Resolved};
use crate::zod::model::{
    Constant, Input, ObjectCheck, ObjectMode, Rule, Side, StringCheck, Unresolved, UrlOptions,
    Validation,
};
use crate::zod::typescript::{Link, flatten};

/// The options of one call.
struct Options<'r, 'a> {
    reader: &'r SchemaReader<'a>,
    scope: EvalScope<'a>,
    object: &'a ObjectExpression<'a>,
    /// Options that cannot be read.
    unresolved: Vec<Unresolved>,
}

impl<'a> Options<'_, 'a> {
    /// The value of an option.
    fn get(&mut self, name: &str) -> Option<ExprSite<'a>> {
        match self.reader.literal_property(&self.scope, self.object, name)? {
            Ok(site) => Some(site),
            Err(what) => {
                if !self.unresolved.contains(&what) {
                    self.unresolved.push(what);
                }
                None
            }
        }
    }

    /// The value of an option that is `true` or `false`; an error if it depends on code.
    fn flag(&mut self, name: &str) -> Result<bool, ExprSite<'a>> {
        let Some(site) = self.get(name) else { return Ok(false) };
        match self.reader.constant(&site) {
            Some(ConstValue::One(Constant::Boolean(flag))) => Ok(flag),
            Some(ConstValue::One(Constant::Undefined)) => Ok(false),
            _ => Err(site),
        }
    }
}

/// What is extended is made first. If it takes blanks for missing, it deletes them from `process.env`, so that
/// they are missing for the first `own` keys, too.
fn blank_out(shape: &mut ObjectFields, own: usize) {
    let deletes = |field: &Field| field.blank_is_missing && field.input == Input::Own;
    let deleted = shape.fields.iter().skip(own).any(|(_, field)| deletes(field));
    for (_, field) in shape.fields.iter_mut().take(own).filter(|_| deleted) {
        field.blank_is_missing |= field.input == Input::Own;
    }
}

impl<'a> SchemaReader<'a> {
    /// The schema of a call of `createEnv` of a package.
    pub(crate) fn create_env(
        &self,
        scope: &EvalScope<'a>,
        from: &str,
        link: &Link<'a>,
    ) -> Node<'a> {
        let (home, object) = match link.arg(0).map(|argument| self.node(scope, argument)) {
            Some(Node::Literal(home, object)) => (home, object),
            Some(Node::Other(what)) => return Node::Other(what),
            _ => {
                let reason = "the options of createEnv are computed";
                return Node::Other(scope.unresolved(link.offset, reason));
            }
        };
        let mut options = Options { reader: self, scope: home, object, unresolved: Vec::new() };
        let mut shape = self.sides(&mut options);
        let blank_is_missing = match options.flag("emptyStringAsUndefined") {
            Ok(flag) => flag,
            Err(site) => {
                let offset = site.value.span().start;
                let what = site.scope.unresolved(offset, "emptyStringAsUndefined is computed");
                shape.conditions.push(ObjectCheck::opaque(what));
                false
            }
        };
        let validated: Vec<Validation> = match options.flag("skipValidation") {
            Ok(false) => Vec::new(),
            Ok(true) => vec![Validation::Never],
            Err(site) => vec![Validation::If(self.condition(&site), false)],
        };
        shape.client_prefix = match options.get("clientPrefix").map(|site| self.constant(&site)) {
            Some(Some(ConstValue::One(Constant::Text(prefix)))) if !prefix.is_empty() => {
                Some(prefix)
            }
            _ => None,
        };
        if let Some(site) = options.get("createFinalSchema") {
            let checks = self.final_checks(&site).unwrap_or_else(|| {
                let offset = site.value.span().start;
                let reason = "createFinalSchema runs code";
                vec![ObjectCheck::opaque(site.scope.unresolved(offset, reason))]
            });
            shape.conditions.extend(checks);
        }
        self.runtime_inputs(&mut options, from, &mut shape);
        for (_, field) in &mut shape.fields {
            field.blank_is_missing = blank_is_missing;
            field.validated.clone_from(&validated);
        }
        // After `runtimeEnv` and the options, which do not apply to extended schemas.
        if let Some(site) = options.get("extends") {
            let own = shape.fields.len();
            self.add_extended(&site, &mut shape);
            blank_out(&mut shape, own);
        }
        shape.unresolved.extend(options.unresolved);
        Node::Object(Object { shape, mode: ObjectMode::Strip, blank_is_missing, preprocess: None })
    }

    /// The checks of `(shape) => z.object(shape).superRefine(…)`; `None` if the function does something else.
    fn final_checks(&self, site: &ExprSite<'a>) -> Option<Vec<ObjectCheck>> {
        let code = FunctionCode::of(site.value)?;
        let shape = code.parameters().items.first()?.pattern.get_binding_identifier()?;
        let value = match code.block()? {
            FunctionBlock::Expression(value) => value,
            FunctionBlock::Statements([Statement::ReturnStatement(returned)]) => {
                returned.argument.as_ref()?
            }
            FunctionBlock::Statements(_) => return None,
        };
        let chain = flatten(value)?;
        let Expression::Identifier(root) = chain.root else { return None };
        let Resolved::Package(from, _) = self.resolve(&site.scope, root.name.as_str()) else {
            return None;
        };
        let (object, checks) = chain.links.split_first()?;
        let Some([Argument::Identifier(given)]) = object.args else { return None };
        if !is_zod(from) || object.name != "object" || given.name != shape.name {
            return None;
        }
        let is_check = |link: &&Link<'a>| {
            matches!(link.name, "refine" | "superRefine" | "check" | "transform")
        };
        if !checks.iter().all(|link| is_check(&link) && link.args.is_some()) {
            return None;
        }
        let names = code.parameters().items.iter();
        let names = names.flat_map(|it| it.pattern.get_binding_identifiers());
        let hidden = names.map(|id| (id.name.as_str(), Local::Unknown("a parameter"))).collect();
        let scope = site.scope.inside(hidden);
        Some(checks.iter().map(|link| self.object_check(&scope, link)).collect())
    }

    /// The keys of `server`, `shared` and `client`.
    fn sides(&self, options: &mut Options<'_, 'a>) -> ObjectFields {
        let mut shape = ObjectFields::default();
        for (name, side) in
            [("server", Side::Server), ("shared", Side::Shared), ("client", Side::Client)]
        {
            if let Some(site) = options.get(name) {
                let mut more = self.shape_argument(&site.scope, site.value);
                for (_, field) in &mut more.fields {
                    field.side = side;
                }
                shape.absorb(more);
            }
        }
        shape
    }

    /// Where each key comes from: `runtimeEnvStrict`, `runtimeEnv`, or what the package takes itself.
    fn runtime_inputs(&self, options: &mut Options<'_, 'a>, from: &str, shape: &mut ObjectFields) {
        let given = options.get("runtimeEnvStrict").or_else(|| options.get("runtimeEnv"));
        match given {
            Some(site) => self.set_inputs(&site, shape, Input::Never),
            None if from.ends_with("nextjs") => {
                if let Some(site) = options.get("experimental__runtimeEnv") {
                    self.set_inputs(&site, shape, Input::Own);
                }
            }
            None => {}
        }
    }

    /// Adds the keys of `extends: [ … ]`; a key of both is judged by both.
    fn add_extended(&self, site: &ExprSite<'a>, shape: &mut ObjectFields) {
        let ExprSite { scope, value } = site;
        let list = match value.get_inner_expression() {
            Expression::ArrayExpression(list) => list,
            Expression::Identifier(name) => match self.resolve(scope, name.name.as_str()) {
                Resolved::Value(site) if self.step() => return self.add_extended(&site, shape),
                _ => return self.extends_unknown(scope, value.span().start, shape),
            },
            _ => return self.extends_unknown(scope, value.span().start, shape),
        };
        for element in &list.elements {
            match element {
                ArrayExpressionElement::Elision(_) => {}
                ArrayExpressionElement::SpreadElement(spread) => {
                    self.add_extended(&scope.site(&spread.argument), shape);
                }
                other => match other.as_expression() {
                    Some(other) => self.add_extended_schema(scope, shape, other),
                    None => self.extends_unknown(scope, other.span().start, shape),
                },
            }
        }
    }

    fn extends_unknown(&self, scope: &EvalScope<'a>, offset: u32, shape: &mut ObjectFields) {
        shape.unresolved.push(scope.unresolved(offset, "what it extends is computed"));
    }

    fn add_extended_schema(
        &self,
        scope: &EvalScope<'a>,
        shape: &mut ObjectFields,
        other: &'a Expression<'a>,
    ) {
        let offset = other.span().start;
        let more = match self.preset(scope, other) {
            Some(fields) => fields,
            None => match self.node(scope, other) {
                Node::Object(object) => object.shape,
                Node::Other(what) => {
                    let reason =
                        format!("what it extends may declare further keys: {}", what.reason);
                    ObjectFields::unknown(scope.unresolved(offset, reason))
                }
                _ => ObjectFields::unknown(
                    scope.unresolved(offset, "what it extends is not a schema"),
                ),
            },
        };
        for (name, field) in more.fields {
            match shape.get(&name) {
                None if self.step() => shape.put(name, field),
                None => {}
                Some(own) => {
                    let both = self.judged_by_both(scope, own, field, offset);
                    shape.put(name, both);
                }
            }
        }
        shape.unresolved.extend(more.unresolved);
        shape.conditions.extend(more.conditions);
        shape.platform.extend(more.platform);
    }

    fn judged_by_both(
        &self,
        scope: &EvalScope<'a>,
        own: &Field,
        other: Field,
        offset: u32,
    ) -> Field {
        let place = scope.module.place(offset);
        let same = own.input == other.input
            && own.blank_is_missing == other.blank_is_missing
            && own.validated == other.validated;
        if same {
            let both = |a, b| Rule::Both(Box::new(a), Box::new(b));
            own.clone().join(other, &place, both)
        } else {
            let what = scope.unresolved(offset, "what it extends declares the key, too");
            Field { rule: Rule::Unresolved(what), ..own.clone() }
        }
    }

    /// The keys of a preset.
    fn preset(&self, scope: &EvalScope<'a>, value: &'a Expression<'a>) -> Option<ObjectFields> {
        let chain = flatten(value)?;
        let Expression::Identifier(name) = chain.root else { return None };
        let Resolved::Package(from, Imported::Named(preset)) =
            self.resolve(scope, name.name.as_str())
        else {
            return None;
        };
        if !is_preset(from) {
            return None;
        }
        let mut fields = ObjectFields::default();
        let place = scope.module.place(value.span().start);
        let (_, names) = PLATFORMS.iter().find(|(known, _)| *known == preset)?;
        fields.platform.extend(names.iter());
        if preset == "vercel" {
            let words = VERCEL_ENV.iter().map(|word| Constant::Text((*word).to_owned()));
            let rule = Rule::Optional(Box::new(Rule::OneOf(words.collect())));
            fields.put("VERCEL_ENV".to_owned(), Field::new(rule, place.clone()));
        }
        for (_, key, kind) in REQUIRED.iter().filter(|(known, ..)| *known == preset) {
            let checks = match kind {
                RequiredKind::Text => Vec::new(),
                RequiredKind::Url => vec![StringCheck::Url(UrlOptions::default())],
            };
            let rule = Rule::Text { coerce: false, checks };
            fields.put((*key).to_owned(), Field::new(rule, place.clone()));
        }
        Some(fields)
    }
}
