//! Selects the schemas that the environment is parsed with.

use std::rc::Rc;

use oxc_ast::ast::Expression;
use oxc_span::GetSpan;

use super::SchemaError;
use super::build::{MAX_HOPS, finish};
use super::input::Origin;
use super::module::{Export, Imported, Module};
use super::node::{Node, Object, ObjectFields};
use super::package::{is_create_env, is_zod};
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, Resolved};
use super::sites::{ParseSite, is_exported};
use crate::zod::erase;
use crate::zod::model::{Condition, EnvSchema, ObjectMode, SchemaChoice, Unresolved, Validation};
use crate::zod::typescript::flatten;

/// Names of the environment's schema; one of them is meant, whatever else the file has.
const DEFAULT_NAMES: [&str; 2] = ["EnvSchema", "envSchema"];
/// Names of the parsed environment.
const PARSED_NAMES: [&str; 4] = ["env", "ENV", "Env", "default"];

impl<'a> SchemaReader<'a> {
    /// Selects the schemas of a file and reads them, the one that is meant first: the one with the requested name;
    /// else all that the file parses the environment with; else the one with a default name, or the only one.
    pub(crate) fn choose(
        &self,
        module: &Rc<Module<'a>>,
        name: Option<&str>,
    ) -> Result<Vec<EnvSchema>, SchemaError> {
        let sites = self.parse_sites(module);
        if let Some(name) = name {
            let site = self.named_site(module, name).ok_or_else(|| SchemaError::NotFound {
                path: module.path.clone(),
                name: Some(name.to_owned()),
            })?;
            return Ok(vec![self.named_schema(&site, name, &sites)?]);
        }
        let mut applied = self.distinct(&sites, Origin::Environment);
        let main = match self.default_name(module, &sites, &applied) {
            Some((name, site)) => {
                applied.retain(|parse| !self.is_of_name(parse, &site));
                self.named_schema(&site, name, &sites)?
            }
            None if !applied.is_empty() => {
                let meant = applied.remove(self.meant(module, &applied));
                self.build_site(&meant, SchemaChoice::Parsed)?
            }
            None => self.unapplied(module, &sites)?,
        };
        applied.extend(self.distinct(&sites, Origin::Variable));
        Ok(self.with_others(main, &applied))
    }

    /// The schema with a default name, if it is the one that is meant: the file applies it, or applies none, or only
    /// schemas that do not derive from it, so that another file may apply it.
    fn default_name(
        &self,
        module: &Rc<Module<'a>>,
        sites: &[ParseSite<'a>],
        applied: &[ParseSite<'a>],
    ) -> Option<(&'static str, ExprSite<'a>)> {
        let named = DEFAULT_NAMES.iter().find_map(|name| {
            let site = self.named_site(module, name)?;
            Some((*name, site))
        });
        let (name, site) = named?;
        let is_applied = sites
            .iter()
            .any(|parse| parse.origin >= Origin::Parameter && self.is_of_name(parse, &site));
        let target = self.target_of(&site);
        let is_unrelated = || {
            is_exported(module, name)
                && !applied.iter().any(|parse| self.derives(&parse.schema, &target, MAX_HOPS))
        };
        (is_applied || applied.is_empty() || is_unrelated()).then_some((name, site))
    }

    /// Whether an expression uses another one, through names.
    fn derives(&self, site: &ExprSite<'a>, target: &(std::path::PathBuf, u32), hops: u8) -> bool {
        if hops == 0 || !self.step() {
            return true; // not known: the schema that is applied decides
        }
        if self.target_of(site) == *target {
            return true;
        }
        let Ok(erased) = erase::expression(site.scope.module.text, site.value) else {
            return true;
        };
        erased.names.iter().any(|name| match self.resolve(&site.scope, name) {
            Resolved::Value(other) if other.value.span() != site.value.span() => {
                self.derives(&other, target, hops - 1)
            }
            Resolved::Property(other, _) => self.derives(&other, target, hops - 1),
            _ => false,
        })
    }

    /// The places of one kind, one for each schema.
    fn distinct(&self, sites: &[ParseSite<'a>], origin: Origin) -> Vec<ParseSite<'a>> {
        let mut found: Vec<ParseSite<'a>> =
            sites.iter().filter(|site| site.origin == origin).cloned().collect();
        // Several places may parse with one schema; one that parses a variable may parse others, too.
        let mut targets = Vec::new();
        found.retain(|site| {
            let argument = site.argument.as_ref().filter(|_| origin == Origin::Variable);
            let target =
                (self.target_of(&site.schema), argument.map(|argument| self.target_of(argument)));
            let new = !targets.contains(&target);
            targets.push(target);
            new
        });
        found
    }

    /// The place whose result the file exports: as `env`, or at all; else the first one.
    fn meant(&self, module: &Rc<Module<'a>>, applied: &[ParseSite<'a>]) -> usize {
        let exported: Vec<usize> =
            (0..applied.len()).filter(|at| self.is_meant(module, &applied[*at])).collect();
        let is_env =
            |at: &&usize| applied[**at].name.is_some_and(|name| PARSED_NAMES.contains(&name));
        exported.iter().find(is_env).or(exported.first()).copied().unwrap_or_default()
    }

    /// Adds the schemas of further places that parse the environment. One that cannot be read leaves the first open.
    fn with_others(&self, mut main: EnvSchema, applied: &[ParseSite<'a>]) -> Vec<EnvSchema> {
        let mut others: Vec<EnvSchema> = Vec::new();
        for parse in applied {
            let read = match parse.origin {
                Origin::Variable => self.of_variable(parse).map(Ok),
                _ => Some(self.build_site(parse, SchemaChoice::AlsoParsed)),
            };
            match read {
                Some(Ok(mut schema)) => {
                    let known = || std::iter::once(&main).chain(&others);
                    if known().any(|other| schema.is_part_of(other)) {
                        continue;
                    }
                    if parse.in_function {
                        self.doubt_call(parse, &mut schema);
                    }
                    others.push(schema);
                }
                Some(Err(SchemaError::Unreadable { place, reason })) => {
                    let reason = format!("another schema is applied to the environment: {reason}");
                    main.unresolved.push(Unresolved { place, reason });
                }
                Some(Err(error)) => {
                    let offset = parse.schema.value.span().start;
                    let reason = format!("another schema is applied to the environment: {error}");
                    main.unresolved.push(parse.schema.scope.unresolved(offset, reason));
                }
                None => {}
            }
        }
        others.insert(0, main);
        others
    }

    /// Marks the keys of a schema that a function applies: whether it is called is not known.
    fn doubt_call(&self, parse: &ParseSite<'a>, schema: &mut EnvSchema) {
        let offset = parse.schema.value.span().start;
        let what = parse.schema.scope.unresolved(offset, "a function applies the schema");
        let doubt = Validation::If(Condition::Unresolved(what), true);
        schema.keys.iter_mut().for_each(|key| key.validated.push(doubt.clone()));
    }

    /// The schema of a place that parses one variable: `z.coerce.number().parse(process.env.PORT)`. `None` if what
    /// parses it is not of zod.
    fn of_variable(&self, parse: &ParseSite<'a>) -> Option<EnvSchema> {
        let argument = parse.argument.as_ref()?;
        let scope = &parse.schema.scope;
        self.clear_zod_imports();
        let place = scope.module.place(parse.schema.value.span().start);
        let node = self.node(scope, parse.schema.value);
        if !matches!(node, Node::Field(_) | Node::Object(_)) {
            return None;
        }
        let mut field = self.field_of(node, place.clone());
        let variable = self.variable_of(argument)?;
        field.input = self.key_input(argument, &variable);
        let conditions = parse.conditions.iter();
        field
            .validated
            .extend(conditions.map(|(test, result)| Validation::If(self.condition(test), *result)));
        let mut shape = ObjectFields::default();
        shape.put(variable.clone(), field);
        let object =
            Object { shape, mode: ObjectMode::Strip, blank_is_missing: false, preprocess: None };
        let zod = self.zod_major(&scope.module.path);
        let name = format!("the schema of {variable}");
        let mut schema = finish(object, &name, place, SchemaChoice::AlsoParsed, zod);
        let keys = [variable.as_str()];
        let parse = ParseSite { variable: Some(variable.clone()), ..parse.clone() };
        schema.checks = self.checks_after(&parse, &keys, false);
        Some(EnvSchema { keys_alone: true, mentioned: self.mentioned(), ..schema })
    }

    /// The schema of a file that does not apply one to the environment.
    fn unapplied(
        &self,
        module: &Rc<Module<'a>>,
        sites: &[ParseSite<'a>],
    ) -> Result<EnvSchema, SchemaError> {
        if let Some((name, site)) = self.parsed_name(module) {
            return self.build(&site, name, SchemaChoice::Parsed, None);
        }
        if let Some(site) = self.only_site(module, sites, Origin::Parameter)? {
            return self.build_site(&site, SchemaChoice::Parsed);
        }
        let candidates = self.candidates(module);
        let exported: Vec<_> = candidates.iter().filter(|(_, _, exported)| *exported).collect();
        match (&exported[..], &candidates[..]) {
            ([(name, site, _)], _) => self.build(site, name, SchemaChoice::OnlyExport, None),
            (_, [(name, site, _)]) => self.build(site, name, SchemaChoice::OnlyCandidate, None),
            (_, []) => Err(SchemaError::NotFound { path: module.path.clone(), name: None }),
            _ => Err(SchemaError::Ambiguous {
                path: module.path.clone(),
                names: candidates.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            }),
        }
    }

    /// The schema of a name, with what is passed to it where the file parses with it.
    fn named_schema(
        &self,
        site: &ExprSite<'a>,
        name: &str,
        sites: &[ParseSite<'a>],
    ) -> Result<EnvSchema, SchemaError> {
        let of_name = sites
            .iter()
            .filter(|parse| parse.origin != Origin::Variable && self.is_of_name(parse, site));
        let found = of_name.max_by_key(|parse| parse.origin);
        self.build(site, name, SchemaChoice::ByName, found)
    }

    /// Whether a place parses with the schema of a name.
    fn is_of_name(&self, parse: &ParseSite<'a>, site: &ExprSite<'a>) -> bool {
        let same_file = parse.schema.scope.module.path == site.scope.module.path;
        parse.argument.is_some() && self.target_of(&parse.schema) == self.target_of(site)
            || same_file && parse.schema.value.span() == site.value.span()
            || is_inside(parse, site)
    }

    /// Identifies the expression that a name stands for.
    pub(super) fn target_of(&self, site: &ExprSite<'a>) -> (std::path::PathBuf, u32) {
        let mut site = site.clone();
        for _ in 0..MAX_HOPS {
            let Expression::Identifier(name) = site.value.get_inner_expression() else { break };
            match self.resolve(&site.scope, name.name.as_str()) {
                Resolved::Value(target) => site = target,
                _ => break,
            }
        }
        (site.scope.module.path.clone(), site.value.span().start)
    }

    /// The only place of its kind that parses, if there is one; several schemas are an error.
    fn only_site(
        &self,
        module: &Rc<Module<'a>>,
        sites: &[ParseSite<'a>],
        origin: Origin,
    ) -> Result<Option<ParseSite<'a>>, SchemaError> {
        let found = self.distinct(sites, origin);
        let exported: Vec<_> = found.iter().filter(|site| self.is_meant(module, site)).collect();
        let named: Vec<_> = exported
            .iter()
            .filter(|site| site.name.is_some_and(|name| PARSED_NAMES.contains(&name)))
            .collect();
        match (&named[..], &exported[..], &found[..]) {
            ([one], ..) => Ok(Some((**one).clone())),
            (_, [one], _) => Ok(Some((*one).clone())),
            (_, [], [one]) => Ok(Some(one.clone())),
            (_, _, []) => Ok(None),
            _ => {
                let several = if exported.is_empty() { found.iter().collect() } else { exported };
                let names = several.iter().map(|site| match site.name {
                    Some(name) => name.to_owned(),
                    None => {
                        site.schema.scope.module.place(site.schema.value.span().start).to_string()
                    }
                });
                Err(SchemaError::Ambiguous { path: module.path.clone(), names: names.collect() })
            }
        }
    }

    /// Whether the file exports what a place parses: under its own name, or through another one.
    fn is_meant(&self, module: &Rc<Module<'a>>, site: &ParseSite<'a>) -> bool {
        let Some(name) = site.name else { return false };
        if site.exported {
            return true;
        }
        let exported = module.values.iter().filter(|other| is_exported(module, other));
        exported.copied().any(|other| {
            let scope = EvalScope::new(Rc::clone(module));
            let Resolved::Value(value) = self.resolve(&scope, other) else { return false };
            erase::expression(module.text, value.value)
                .is_ok_and(|erased| erased.names.contains(&name))
        })
    }

    /// An exported name of the parsed environment whose value is a call: `export const env = defineEnv({ … })`.
    fn parsed_name(&self, module: &Rc<Module<'a>>) -> Option<(&'static str, ExprSite<'a>)> {
        PARSED_NAMES.into_iter().find_map(|name| {
            let Resolved::Value(site) = self.exported(module, name) else { return None };
            let call = matches!(site.value.get_inner_expression(), Expression::CallExpression(_));
            (call && !self.is_schema(&site, MAX_HOPS)).then_some((name, site))
        })
    }

    /// The expression of a top-level or exported name.
    fn named_site(&self, module: &Rc<Module<'a>>, name: &str) -> Option<ExprSite<'a>> {
        match self.resolve(&EvalScope::new(Rc::clone(module)), name) {
            Resolved::Value(site) => Some(site),
            _ => match self.exported(module, name) {
                Resolved::Value(site) => Some(site),
                _ => None,
            },
        }
    }

    /// Every schema of the file: its name, its expression, whether it is exported.
    fn candidates(&self, module: &Rc<Module<'a>>) -> Vec<(&'a str, ExprSite<'a>, bool)> {
        let exported = |name: &str| {
            module.exports.values().any(|export| matches!(export, Export::Local(n) if *n == name))
        };
        let mut found: Vec<_> = module
            .values
            .iter()
            .filter_map(|name| match self.resolve(&EvalScope::new(Rc::clone(module)), name) {
                Resolved::Value(site) if self.is_schema(&site, MAX_HOPS) => {
                    Some((*name, site, exported(name)))
                }
                _ => None,
            })
            .collect();
        let mut reexported: Vec<&'a str> = module
            .exports
            .iter()
            .filter(|(_, export)| matches!(export, Export::From(_, Imported::Named(_))))
            .map(|(name, _)| *name)
            .collect();
        reexported.sort_unstable();
        for name in reexported {
            if let Resolved::Value(site) = self.exported(module, name)
                && self.is_schema(&site, MAX_HOPS)
            {
                found.push((name, site, true));
            }
        }
        found
    }

    /// Whether an expression is an object schema: `z.object(…)`, `createEnv(…)`, or a method of another
    /// schema that returns a schema. `X.parse(process.env)` is not a schema.
    fn is_schema(&self, site: &ExprSite<'a>, hops: u8) -> bool {
        if hops == 0 || !self.step() {
            return false;
        }
        let Some(chain) = flatten(site.value) else { return false };
        let Expression::Identifier(root) = chain.root else { return false };
        let names: Vec<&str> = chain.links.iter().map(|link| link.name).collect();
        if names.iter().any(|name| matches!(*name, "shape" | "keyof")) {
            return false;
        }
        let makes_object = |name: &str| matches!(name, "object" | "strictObject" | "looseObject");
        match self.resolve(&site.scope, root.name.as_str()) {
            Resolved::Package(from, what) => match what {
                Imported::Named(name) if is_create_env(from, name) => names.first() == Some(&""),
                Imported::Named(name) if name != "z" && name != "default" => {
                    is_zod(from) && makes_object(name)
                }
                _ => is_zod(from) && names.iter().take(2).any(|name| makes_object(name)),
            },
            Resolved::Value(other) => {
                names.iter().any(|name| returns_schema(name)) && self.is_schema(&other, hops - 1)
            }
            Resolved::Module(other) => match names.first().map(|n| self.exported(&other, n)) {
                Some(Resolved::Value(value)) => {
                    names.iter().skip(1).any(|name| returns_schema(name))
                        && self.is_schema(&value, hops - 1)
                }
                Some(Resolved::Package(from, _)) => {
                    is_zod(from) && names.iter().skip(1).take(2).any(|name| makes_object(name))
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether a place that parses is a part of an expression.
fn is_inside(parse: &ParseSite<'_>, site: &ExprSite<'_>) -> bool {
    let (inner, outer) = (parse.schema.value.span(), site.value.span());
    parse.schema.scope.module.path == site.scope.module.path
        && outer.start <= inner.start
        && inner.end <= outer.end
        && parse.argument.is_some()
}

/// Whether a method of an object schema returns an object schema.
fn returns_schema(name: &str) -> bool {
    matches!(
        name,
        "extend"
            | "augment"
            | "safeExtend"
            | "merge"
            | "and"
            | "pick"
            | "omit"
            | "partial"
            | "required"
            | "strict"
            | "strip"
            | "passthrough"
            | "loose"
            | "catchall"
            | "readonly"
            | "refine"
            | "superRefine"
            | "transform"
    )
}
