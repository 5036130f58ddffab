//! Constructors: `z.string()`, `z.enum([…])`, `z.union([…])`, `z.coerce.number()`, `z.iso.date()`.

use oxc_ast::ast::Expression;

use super::constants::ConstValue;
use super::node::{Field, Node, Object};
use super::resolve::SchemaReader;
use super::scope::EvalScope;
use crate::zod::model::{
    Constant, NumberCheck, ObjectMode, Pattern, Rule, SchemaFunction, StringCheck, StringFormat,
    UrlOptions,
};
use crate::zod::typescript::Link;

/// Strings that zod 4's `stringbool` accepts as true and as false.
const TRUTHY: [&str; 6] = ["true", "1", "yes", "on", "y", "enabled"];
const FALSY: [&str; 6] = ["false", "0", "no", "off", "n", "disabled"];

impl<'a> SchemaReader<'a> {
    /// The meaning of `z.NAME` or `z.NAME(…)`.
    pub(crate) fn constructor(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        match (link.name, link.args) {
            ("z" | "default", None) => return Node::Zod,
            ("coerce", None) => return Node::Coerce,
            ("iso", None) => return Node::Iso,
            (_, None) => {
                let reason = format!("`z.{}` is not called", link.name);
                return Node::Other(scope.unresolved(link.offset, reason));
            }
            ("object", _) => return self.object(scope, link, ObjectMode::Strip),
            ("strictObject", _) => return self.object(scope, link, ObjectMode::Strict),
            ("looseObject", _) => return self.object(scope, link, ObjectMode::Loose),
            ("optional" | "nullable" | "nullish" | "readonly", _) => {
                return self.wrapped(scope, link);
            }
            _ => {}
        }
        let place = scope.module.place(link.offset);
        let rule = self
            .basic_rule(scope, link)
            .or_else(|| self.string_format(scope, link))
            .or_else(|| number_format(link.name));
        if let Some(rule) = rule {
            let mut field = Field::new(rule, place);
            field.description = self.option_text(scope, link, 0, "description");
            return Node::Field(field);
        }
        match link.name {
            "union" | "discriminatedUnion" | "xor" => self.union(scope, link),
            "intersection" => self.intersection(scope, link),
            "array" | "set" => Node::Field(self.list(scope, link)),
            "preprocess" | "pipe" | "pipeline" => self.piped(scope, link),
            "transform" => {
                let function = self.function(scope, link, 0);
                Node::Field(Field::new(Rule::Transform(function), place))
            }
            name => {
                let what = scope.unresolved(link.offset, format!("`z.{name}` runs code"));
                Node::Field(Field::new(Rule::Unresolved(what), place))
            }
        }
    }

    /// The rule of a constructor that stands for a basic type.
    fn basic_rule(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<Rule> {
        let coerce = || self.option_flag(scope, link, 0, "coerce");
        Some(match link.name {
            "string" => Rule::Text { coerce: coerce(), checks: Vec::new() },
            "number" => Rule::Number { coerce: coerce(), checks: Vec::new() },
            "boolean" => Rule::Boolean { coerce: coerce() },
            "date" => Rule::Date { coerce: coerce() },
            "stringbool" => self.stringbool(scope, link),
            "enum" | "nativeEnum" | "literal" => self.one_of(scope, link),
            "null" => Rule::OneOf(vec![Constant::Null]),
            "undefined" | "void" => Rule::OneOf(vec![Constant::Undefined]),
            "any" | "unknown" => Rule::Any,
            "never" => Rule::Never,
            "record" | "partialRecord" | "looseRecord" => Rule::Structure("record"),
            "tuple" => Rule::Structure("tuple"),
            "map" => Rule::Structure("map"),
            "nan" => Rule::Structure("NaN"),
            "symbol" => Rule::Structure("symbol"),
            "bigint" if coerce() => {
                let what = scope.unresolved(link.offset, "`z.coerce.bigint` is not evaluated");
                Rule::Unresolved(what)
            }
            "bigint" => Rule::Structure("bigint"),
            _ => return None,
        })
    }

    /// The rule of `z.url()`, `z.email()`, …: the top-level formats of zod 4.
    fn string_format(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<Rule> {
        let check = match link.name {
            "httpUrl" => StringCheck::Url(http_url()),
            "hostname" => StringCheck::Format(StringFormat::Hostname),
            "hex" => StringCheck::Format(StringFormat::Hex),
            // These are formats only in `z.iso`.
            "date" | "datetime" | "time" | "duration" => return None,
            _ => self.format_check(scope, link)?,
        };
        Some(Rule::Text { coerce: false, checks: vec![check] })
    }

    /// The meaning of `z.iso.NAME(…)`.
    pub(crate) fn iso(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        let known = matches!(link.name, "date" | "datetime" | "time" | "duration");
        match self.format_check(scope, link).filter(|_| known && link.args.is_some()) {
            Some(check) => {
                let rule = Rule::Text { coerce: false, checks: vec![check] };
                Node::Field(Field::new(rule, scope.module.place(link.offset)))
            }
            None => Node::Other(scope.unresolved(link.offset, format!("`z.iso.{}`", link.name))),
        }
    }

    /// The meaning of `z.coerce.NAME(…)`.
    pub(crate) fn coerced(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        let place = scope.module.place(link.offset);
        let rule = match link.name {
            "string" => Rule::Text { coerce: true, checks: Vec::new() },
            "number" => Rule::Number { coerce: true, checks: Vec::new() },
            "boolean" => Rule::Boolean { coerce: true },
            "date" => Rule::Date { coerce: true },
            name => {
                let reason = format!("`z.coerce.{name}` is not evaluated");
                Rule::Unresolved(scope.unresolved(link.offset, reason))
            }
        };
        Node::Field(Field::new(rule, place))
    }

    /// `z.optional(x)`, which is equivalent to `x.optional()`.
    fn wrapped(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        match link.arg(0) {
            Some(argument) => {
                let field = self.field(scope, argument);
                Node::Field(self.modifier(scope, field, link))
            }
            None => Node::Other(scope.unresolved(link.offset, "an argument is missing")),
        }
    }

    /// `z.array(x)`
    fn list(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Field {
        let place = scope.module.place(link.offset);
        match link.arg(0) {
            Some(item) if link.name == "array" => {
                let item = self.field(scope, item);
                item.wrap(&place, |rule| Rule::List { item: Box::new(rule), checks: Vec::new() })
            }
            Some(_) => Field::new(Rule::Structure("set"), place),
            None => Field::new(Rule::Structure("array"), place),
        }
    }

    /// `z.intersection(a, b)`, which is `a.and(b)`.
    fn intersection(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        let Some((first, second)) = link.arg(0).zip(link.arg(1)) else {
            return Node::Other(scope.unresolved(link.offset, "an argument is missing"));
        };
        match (self.node(scope, first), self.node(scope, second)) {
            (Node::Object(a), Node::Object(b)) => self.joined_objects(scope, a, b, link.offset),
            (Node::Field(a), Node::Field(b)) => {
                let place = scope.module.place(link.offset);
                let both = |a, b| Rule::Both(Box::new(a), Box::new(b));
                Node::Field(a.join(b, &place, both))
            }
            _ => Node::Other(scope.unresolved(link.offset, "an intersection of other types")),
        }
    }

    /// `z.union([a, b])`; `z.discriminatedUnion("k", [a, b])`.
    fn union(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        let place = scope.module.place(link.offset);
        let computed =
            || Rule::Unresolved(scope.unresolved(link.offset, "a union of computed options"));
        let index = if link.name == "discriminatedUnion" { 1 } else { 0 };
        let Some(Expression::ArrayExpression(array)) =
            link.arg(index).map(Expression::get_inner_expression)
        else {
            return Node::Field(Field::new(computed(), place));
        };
        let (mut options, mut objects) = (Vec::new(), Vec::new());
        let (mut levels, mut rules) = (0, 0_u32);
        for element in &array.elements {
            let node = match element.as_expression() {
                Some(expression) => self.node(scope, expression),
                None => Node::Field(Field::new(computed(), place.clone())),
            };
            if let Node::Object(object) = node {
                objects.push(object);
                continue;
            }
            let option = self.field_of(node, place.clone());
            levels = levels.max(option.levels);
            rules = rules.saturating_add(option.rules);
            options.push(option.rule);
        }
        match (objects.is_empty(), options.is_empty()) {
            (false, true) => return self.union_of_objects(scope, objects, link.offset),
            (false, false) => options.extend(objects.into_iter().map(Object::rule)),
            _ => {}
        }
        let field = Field { levels, rules, ..Field::new(Rule::Union(options), place.clone()) };
        Node::Field(field.wrap(&place, |rule| rule))
    }

    /// `z.preprocess(f, x)` and `z.pipe(a, b)`.
    fn piped(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        let place = scope.module.place(link.offset);
        let Some((first, second)) = link.arg(0).zip(link.arg(1)) else {
            let what = scope.unresolved(link.offset, "an argument is missing");
            return Node::Field(Field::new(Rule::Unresolved(what), place));
        };
        let to = self.node(scope, second);
        let from = if link.name == "preprocess" {
            let function = self.function(scope, link, 0);
            if let Node::Object(object) = to {
                return self.preprocessed_object(scope, object, function, link.offset);
            }
            Field::new(Rule::Transform(function), place.clone())
        } else {
            self.field(scope, first)
        };
        let to = self.field_of(to, place.clone());
        let description = to.description.clone();
        let field = from.join(to, &place, |a, b| Rule::Pipe(Box::new(a), Box::new(b)));
        Node::Field(Field { description, ..field })
    }

    /// `z.preprocess(f, z.object({ … }))`: the keys are declared, and code decides about their values: the function may
    /// change every key.
    fn preprocessed_object(
        &self,
        scope: &EvalScope<'a>,
        mut object: Object,
        function: SchemaFunction,
        offset: u32,
    ) -> Node<'a> {
        // A function around another one gets the value first.
        object.preprocess = Some(match object.preprocess {
            None => function,
            Some(_) => {
                SchemaFunction::Opaque(scope.unresolved(offset, "preprocess of a preprocess"))
            }
        });
        for (_, field) in &mut object.shape.fields {
            let what = scope.unresolved(offset, "preprocess of the whole object");
            field.rule = Rule::Unresolved(what);
        }
        Node::Object(object)
    }

    /// `z.enum(…)`, `z.nativeEnum(…)`, `z.literal(…)`
    fn one_of(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Rule {
        let known = link.arg(0).and_then(|argument| self.computed_constant(&scope.site(argument)));
        let values: Option<Vec<Constant>> = match known {
            Some(ConstValue::One(value)) => Some(vec![value]),
            Some(ConstValue::List(items)) => items.into_iter().map(ConstValue::one).collect(),
            Some(ConstValue::Map(entries)) => {
                entries.into_iter().map(|(_, value)| value.one()).collect()
            }
            _ => None,
        };
        match values {
            Some(values) => Rule::OneOf(values),
            None => Rule::Unresolved(
                scope
                    .unresolved(link.offset, format!("the values of `{}` are computed", link.name)),
            ),
        }
    }

    /// `z.stringbool({ truthy, falsy, case })`
    fn stringbool(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Rule {
        let options = match link.arg(0) {
            None => None,
            Some(argument) => match self.constant(&scope.site(argument)) {
                Some(known) => Some(known),
                None => {
                    let what = scope.unresolved(link.offset, "the options are computed");
                    return Rule::Unresolved(what);
                }
            },
        };
        let words = |name: &str, default: [&str; 6]| -> Vec<String> {
            match options.as_ref().and_then(|options| options.get(name)) {
                Some(ConstValue::List(items)) => {
                    items.iter().cloned().filter_map(ConstValue::text).collect()
                }
                _ => default.map(str::to_owned).to_vec(),
            }
        };
        let case = options.as_ref().and_then(|options| options.get("case")).cloned();
        let exact_case = case.and_then(ConstValue::text).as_deref() == Some("sensitive");
        let normalize = |word: String| if exact_case { word } else { word.to_lowercase() };
        Rule::StringBool {
            truthy: words("truthy", TRUTHY).into_iter().map(normalize).collect(),
            falsy: words("falsy", FALSY).into_iter().map(normalize).collect(),
            exact_case,
        }
    }
}

/// The rule of `z.int()` and the other number formats of zod 4.
fn number_format(name: &str) -> Option<Rule> {
    let between = |low: f64, high: f64| {
        vec![NumberCheck::Safe, NumberCheck::Min(low, false), NumberCheck::Max(high, false)]
    };
    let checks = match name {
        "int" => vec![NumberCheck::Safe],
        "int32" => between(f64::from(i32::MIN), f64::from(i32::MAX)),
        "uint32" => between(0.0, f64::from(u32::MAX)),
        "float64" => Vec::new(),
        _ => return None,
    };
    Some(Rule::Number { coerce: false, checks })
}

/// The options of zod 4's `httpUrl`: http or https, and a domain name.
fn http_url() -> UrlOptions {
    let pattern = |source: &str| Pattern { source: source.to_owned(), flags: String::new() };
    UrlOptions {
        protocol: Some(pattern("^https?$")),
        hostname: Some(pattern(
            r"^(?=.{1,253}$)([a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$",
        )),
        normalize: false,
    }
}
