//! Code behind the place that parses the environment: statements that read what the schema returned and may end
//! the start. Each becomes a check of the whole object; one that cannot be run is never passed over.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionExpression, AssignmentExpression,
    AssignmentTarget, CallExpression, Class, Declaration, ExportDefaultDeclarationKind, Expression,
    Function, IdentifierReference, NewExpression, ObjectPropertyKind, ReturnStatement, Statement,
    ThisExpression, ThrowStatement, VariableDeclaration, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use super::build::is_guard;
use super::module::Imported;
use super::package::{is_create_env, is_zod};
use super::resolve::SchemaReader;
use super::scope::{EvalScope, FunctionBlock, FunctionCode, FunctionSite, Resolved};
use super::sites::{PARSE, ParseSite};
use crate::zod::code::is_process_env;
use crate::zod::erase::{self, Erased, ParsedCall};
use crate::zod::model::{FunctionUse, ObjectCheck, SchemaFunction};
use crate::zod::typescript::root_of;

/// Statements of one schema that are run; a longer list is not known.
const MAX_CHECKS: usize = 64;
/// Functions that call each other that are followed.
const MAX_CALLS: u8 = 8;
/// Rounds in which names are found that depend on the result.
const MAX_ROUNDS: usize = 8;
/// Keys that one report names.
const MAX_KEYS: usize = 6;
/// Methods that call the functions that they are given.
const ITERATIONS: [&str; 12] = [
    "every",
    "filter",
    "find",
    "findIndex",
    "flatMap",
    "forEach",
    "map",
    "reduce",
    "reduceRight",
    "some",
    "sort",
    "findLast",
];
/// Globals whose functions do not throw.
const HARMLESS: [&str; 9] =
    ["Array", "Boolean", "Math", "Number", "Object", "String", "isNaN", "parseFloat", "parseInt"];

/// A place that no code has.
const NOWHERE: Span = Span::new(u32::MAX, u32::MAX);

/// A part of a statement that is run.
#[derive(Clone, Copy)]
enum Part<'a> {
    Statement(&'a Statement<'a>),
    Expression(&'a Expression<'a>),
}

impl<'a> Part<'a> {
    fn visit(self, visitor: &mut impl Visit<'a>) {
        match self {
            Self::Statement(statement) => visitor.visit_statement(statement),
            Self::Expression(value) => visitor.visit_expression(value),
        }
    }
}

/// What is known about one body of statements.
struct Body<'r, 'a> {
    reader: &'r SchemaReader<'a>,
    scope: &'r EvalScope<'a>,
    parse: Span,
    parsed: &'r ParsedCall,
    /// Names that depend on what the schema returned, and functions that read it.
    derived: HashSet<&'a str>,
    /// Names that depend on the environment, and functions that read it.
    readers: HashSet<&'a str>,
    /// Code that reads only the environment counts.
    with_environment: bool,
    /// Names of values that statements change.
    changing: HashSet<&'a str>,
}

impl<'a> SchemaReader<'a> {
    /// The checks behind a place that parses; with `with_environment` also those of code beside it that reads
    /// `process.env`. `keys` are the keys of the schema.
    pub(crate) fn checks_after(
        &self,
        parse: &ParseSite<'a>,
        keys: &[&str],
        with_environment: bool,
    ) -> Vec<ObjectCheck> {
        let text = match (parse.returns_result, &parse.variable) {
            (true, None) => "(parsedResult())".to_owned(),
            (false, None) => "(parsedValue)".to_owned(),
            (is_result, Some(name)) => {
                let name = serde_json::Value::from(name.as_str());
                match is_result {
                    true => format!("({{ success: true, data: parsedValue[{name}] }})"),
                    false => format!("(parsedValue[{name}])"),
                }
            }
        };
        let parsed = ParsedCall { span: parse.call, text };
        let mut checks = Vec::new();
        for (scope, statements) in &parse.bodies {
            let body = Body { with_environment, ..Body::new(self, scope, statements, &parsed) };
            for (index, statement) in statements.iter().enumerate() {
                for part in body.parts(statement) {
                    if checks.len() >= MAX_CHECKS || !self.step() {
                        let offset = statement.span().start;
                        let reason = "more code after the parse than is followed";
                        checks.push(opaque(scope, offset, reason));
                        return checks;
                    }
                    checks.push(body.check(statements, index, part, keys));
                }
            }
        }
        checks
    }
}

fn opaque(scope: &EvalScope<'_>, offset: u32, reason: &str) -> ObjectCheck {
    let check = ObjectCheck::opaque(scope.unresolved(offset, reason));
    ObjectCheck { used: FunctionUse::After, ..check }
}

impl<'r, 'a> Body<'r, 'a> {
    fn new(
        reader: &'r SchemaReader<'a>,
        scope: &'r EvalScope<'a>,
        statements: &'a [Statement<'a>],
        parsed: &'r ParsedCall,
    ) -> Self {
        let mut names = Names { parse: parsed.span, ..Names::default() };
        for _ in 0..MAX_ROUNDS {
            let before = names.derived.len();
            statements.iter().for_each(|statement| names.statement(statement));
            if names.derived.len() == before {
                break;
            }
        }
        let Names { derived, readers, changing, .. } = names;
        let with_environment = true;
        let parse = parsed.span;
        Self { reader, scope, parse, parsed, derived, readers, with_environment, changing }
    }

    /// The parts of a statement that may end the start, by what the schema returned.
    fn parts(&self, statement: &'a Statement<'a>) -> Vec<Part<'a>> {
        let declaration = match statement {
            Statement::ExportDeclaration(export) => Some(&export.declaration),
            other => other.as_declaration(),
        };
        let mut parts = Vec::new();
        match (declaration, statement) {
            (Some(Declaration::VariableDeclaration(variables)), _) => {
                for value in variables.declarations.iter().filter_map(|it| it.init.as_ref()) {
                    self.values(value, &mut parts);
                }
            }
            (Some(_), _) => {}
            (_, Statement::ExportDefaultDeclaration(export)) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(_)
                | ExportDefaultDeclarationKind::ClassDeclaration(_) => {}
                other => {
                    if let Some(value) = other.as_expression() {
                        self.values(value, &mut parts);
                    }
                }
            },
            (_, Statement::ReturnStatement(returned)) => {
                if let Some(value) = &returned.argument {
                    self.values(value, &mut parts);
                }
            }
            // Those are checks of their own.
            (_, other) if self.is_guard(other) => {}
            (_, other) => {
                if self.is_check(Part::Statement(other)) {
                    parts.push(Part::Statement(other));
                }
            }
        }
        parts
    }

    /// The parts of a value: each property of an object literal by itself.
    fn values(&self, value: &'a Expression<'a>, parts: &mut Vec<Part<'a>>) {
        match value.get_inner_expression() {
            Expression::ObjectExpression(object) => {
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(item) => self.values(&item.value, parts),
                        ObjectPropertyKind::SpreadProperty(spread) => {
                            self.values(&spread.argument, parts);
                        }
                    }
                }
            }
            Expression::ArrayExpression(list) => {
                for item in &list.elements {
                    match item {
                        ArrayExpressionElement::SpreadElement(spread) => {
                            self.values(&spread.argument, parts);
                        }
                        other => {
                            if let Some(value) = other.as_expression() {
                                self.values(value, parts);
                            }
                        }
                    }
                }
            }
            _ => {
                if self.is_check(Part::Expression(value)) {
                    parts.push(Part::Expression(value));
                }
            }
        }
    }

    /// Whether a statement is a condition of the file that is evaluated without the result.
    fn is_guard(&self, statement: &'a Statement<'a>) -> bool {
        self.scope.locals.is_none()
            && is_guard(&self.scope.module, statement)
            && !self.reads_result(Part::Statement(statement))
    }

    fn reads_result(&self, part: Part<'a>) -> bool {
        let mut mentions = Mentions::new(&self.derived, self.parse);
        part.visit(&mut mentions);
        mentions.found
    }

    /// Whether code may end the start, by what it reads.
    fn is_check(&self, part: Part<'a>) -> bool {
        let is_of_result = self.reads_result(part);
        if !is_of_result && !self.with_environment {
            return false;
        }
        let followed = RefCell::default();
        let mut found = Ends {
            followed: &followed,
            reader: self.reader,
            scope: self.scope.clone(),
            derived: &self.derived,
            parse: self.parse,
            calls: MAX_CALLS,
            found: false,
            reads_environment: false,
        };
        part.visit(&mut found);
        if !found.found || is_of_result || found.reads_environment {
            return found.found;
        }
        let mut read = Mentions::new(&self.readers, self.parse);
        read.environment = true;
        part.visit(&mut read);
        read.found
    }

    /// The check of a part, with the statements before it that it depends on.
    fn check(
        &self,
        statements: &'a [Statement<'a>],
        index: usize,
        part: Part<'a>,
        keys: &[&str],
    ) -> ObjectCheck {
        let text = self.scope.module.text;
        let span = match part {
            Part::Statement(statement) => statement.span(),
            Part::Expression(value) => value.span(),
        };
        let read = keys_in(&text[span.start as usize..span.end as usize], keys);
        let is_of_result = self.reads_result(part);
        let place = if is_of_result { "code after the parse" } else { "code beside the parse" };
        let reason = match read.is_empty() {
            true => place.to_owned(),
            false => format!("{place}, of {}", read.join(", ")),
        };
        let what = self.scope.unresolved(span.start, reason);
        let function = match self.script(statements, index, part) {
            Ok(script) => script,
            Err(why) => SchemaFunction::Opaque(
                self.scope.unresolved(span.start, format!("{}: {why}", what.reason)),
            ),
        };
        ObjectCheck { function, used: FunctionUse::After, what }
    }

    fn script(
        &self,
        statements: &'a [Statement<'a>],
        index: usize,
        part: Part<'a>,
    ) -> Result<SchemaFunction, String> {
        let text = self.scope.module.text;
        let erased = match part {
            Part::Statement(statement) => erase::statement(text, statement, self.parsed),
            Part::Expression(value) => erase::expression_after(text, value, Some(self.parsed)),
        };
        let not_run = |what: &str| format!("{what} is not run");
        let mut last = erased.map_err(not_run)?;
        if let Part::Expression(_) = part {
            last.text = format!("({});", last.text);
        }
        let mut needed: HashSet<&'a str> = last.names.iter().copied().collect();
        let mut pieces: Vec<Erased<'a>> = vec![last];
        for statement in statements[..index].iter().rev() {
            if !self.is_needed(statement, &needed) {
                continue;
            }
            let erased = erase::statement(text, statement, self.parsed).map_err(not_run)?;
            needed.extend(erased.names.iter().copied());
            pieces.push(erased);
        }
        pieces.reverse();
        let script = self.reader.script_after(self.scope, pieces, self.parsed);
        let script = script.ok_or_else(|| "too large to run".to_owned())?;
        Ok(SchemaFunction::Script(script.into()))
    }

    /// Whether a statement changes what a later one reads, or decides whether that is reached.
    fn is_needed(&self, statement: &'a Statement<'a>, needed: &HashSet<&'a str>) -> bool {
        match statement {
            Statement::VariableDeclaration(variables) => {
                !variables.kind.is_const() && declares(variables, needed)
            }
            Statement::ExportDeclaration(_) => false,
            other if other.as_declaration().is_some() => false,
            Statement::ExpressionStatement(run) if erase::is_logging(&run.expression) => false,
            Statement::IfStatement(choice) if statement.span().start > self.parse.end => {
                let mut returns = Returns(false);
                returns.visit_if_statement(choice);
                returns.0 || self.changes(statement, needed)
            }
            other => self.changes(other, needed),
        }
    }

    fn changes(&self, statement: &'a Statement<'a>, needed: &HashSet<&'a str>) -> bool {
        let changed: HashSet<&'a str> = needed.intersection(&self.changing).copied().collect();
        let mut mentions = Mentions::new(&changed, NOWHERE);
        mentions.visit_statement(statement);
        mentions.found
    }
}

fn declares(variables: &VariableDeclaration<'_>, needed: &HashSet<&str>) -> bool {
    let names = variables.declarations.iter().flat_map(|it| it.id.get_binding_identifiers());
    names.into_iter().any(|id| needed.contains(id.name.as_str()))
}

/// The keys whose names occur in a text.
fn keys_in<'k>(text: &str, keys: &[&'k str]) -> Vec<&'k str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: HashSet<&str> = text.split(|c| !is_word(c)).collect();
    keys.iter().copied().filter(|key| words.contains(key)).take(MAX_KEYS).collect()
}

/// Finds the names that depend on what was parsed.
#[derive(Default)]
struct Names<'a> {
    parse: Span,
    derived: HashSet<&'a str>,
    readers: HashSet<&'a str>,
    changing: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// A statement that reads the result, perhaps in a condition, may change what it names.
    fn statement(&mut self, statement: &Statement<'a>) {
        self.visit_statement(statement);
        let is_declaration = statement.as_declaration().is_some()
            || matches!(statement, Statement::ExportDeclaration(_));
        if is_declaration || !self.depends(|mentions| mentions.visit_statement(statement)) {
            return;
        }
        let mut changed = Used { names: &self.changing, found: Vec::new() };
        changed.visit_statement(statement);
        let changed = changed.found;
        self.derived.extend(changed);
    }

    fn depends(&self, visit: impl FnOnce(&mut Mentions<'_, 'a>)) -> bool {
        let mut mentions = Mentions::new(&self.derived, self.parse);
        mentions.in_functions = true;
        visit(&mut mentions);
        mentions.found
    }

    fn reads_environment(&self, visit: impl FnOnce(&mut Mentions<'_, 'a>)) -> bool {
        let mut mentions = Mentions::new(&self.readers, NOWHERE);
        (mentions.in_functions, mentions.environment) = (true, true);
        visit(&mut mentions);
        mentions.found
    }
}

impl<'a> Visit<'a> for Names<'a> {
    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        for declarator in &it.declarations {
            let made = declarator.init.as_ref().is_some_and(|value| {
                matches!(
                    value.get_inner_expression(),
                    Expression::ArrayExpression(_)
                        | Expression::ObjectExpression(_)
                        | Expression::NewExpression(_)
                )
            });
            if made || !it.kind.is_const() {
                let ids = declarator.id.get_binding_identifiers();
                self.changing.extend(ids.iter().map(|id| id.name.as_str()));
            }
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(value) = &it.init
            && self.depends(|mentions| mentions.visit_expression(value))
        {
            let ids = it.id.get_binding_identifiers();
            self.derived.extend(ids.iter().map(|id| id.name.as_str()));
        }
        if let Some(value) = &it.init
            && self.reads_environment(|mentions| mentions.visit_expression(value))
        {
            let ids = it.id.get_binding_identifiers();
            self.readers.extend(ids.iter().map(|id| id.name.as_str()));
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if self.depends(|mentions| mentions.visit_expression(&it.right)) {
            match &it.left {
                AssignmentTarget::AssignmentTargetIdentifier(id) => {
                    self.derived.insert(id.name.as_str());
                }
                AssignmentTarget::StaticMemberExpression(member)
                    if matches!(member.object, Expression::ThisExpression(_)) =>
                {
                    self.derived.insert("this");
                }
                _ => {}
            }
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, _: ScopeFlags) {
        if let Some(id) = &it.id
            && self.depends(|mentions| walk::walk_function(mentions, it, ScopeFlags::Function))
        {
            self.derived.insert(id.name.as_str());
        }
        if let Some(id) = &it.id
            && self.reads_environment(|mentions| {
                walk::walk_function(mentions, it, ScopeFlags::Function);
            })
        {
            self.readers.insert(id.name.as_str());
        }
    }

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_class(&mut self, _: &Class<'a>) {}
}

/// The names of a set that code uses.
struct Used<'n, 'a> {
    names: &'n HashSet<&'a str>,
    found: Vec<&'a str>,
}

impl<'a> Visit<'a> for Used<'_, 'a> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let name = it.name.as_str();
        self.found.extend(self.names.contains(name).then_some(name));
    }
}

/// Whether code uses some names, or the result of the parse itself.
struct Mentions<'n, 'a> {
    names: &'n HashSet<&'a str>,
    parse: Span,
    /// Functions inside of it count.
    in_functions: bool,
    /// The environment itself counts.
    environment: bool,
    found: bool,
}

impl<'n, 'a> Mentions<'n, 'a> {
    fn new(names: &'n HashSet<&'a str>, parse: Span) -> Self {
        Self { names, parse, in_functions: false, environment: false, found: false }
    }
}

impl<'a> Visit<'a> for Mentions<'_, 'a> {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        self.found |= self.environment && is_process_env(it);
        walk::walk_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.found |= self.names.contains(it.name.as_str());
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.found |= self.names.contains("this");
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if it.span == self.parse {
            self.found = true;
            return;
        }
        // A function that is called at once, or by an iteration.
        let runs = FunctionCode::of_callee(&it.callee) || is_iteration(it);
        let outer = self.in_functions;
        self.in_functions |= runs;
        walk::walk_call_expression(self, it);
        self.in_functions = outer;
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if self.in_functions {
            walk::walk_function(self, it, flags);
        }
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        if self.in_functions {
            walk::walk_arrow_function_expression(self, it);
        }
    }
}

/// Whether a call is that of an iteration: `keys.forEach((key) => { … })`.
fn is_iteration(call: &CallExpression<'_>) -> bool {
    let name = call.callee.as_member_expression().and_then(|member| member.static_property_name());
    name.is_some_and(|name| ITERATIONS.contains(&name))
}

/// Whether a function returns somewhere.
struct Returns(bool);

impl<'a> Visit<'a> for Returns {
    fn visit_return_statement(&mut self, _: &ReturnStatement<'a>) {
        self.0 = true;
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
}

/// Whether code may end the start: it throws, exits, or gives what was parsed to something that may.
struct Ends<'r, 'a> {
    reader: &'r SchemaReader<'a>,
    scope: EvalScope<'a>,
    derived: &'r HashSet<&'a str>,
    parse: Span,
    calls: u8,
    /// Functions that were followed, by file and place.
    followed: &'r RefCell<HashSet<(usize, u32)>>,
    found: bool,
    /// A function that it calls reads the environment.
    reads_environment: bool,
}

impl<'a> Ends<'_, 'a> {
    fn is_given(&self, arguments: &[Argument<'a>]) -> bool {
        let mut mentions = Mentions::new(self.derived, self.parse);
        arguments.iter().for_each(|argument| mentions.visit_argument(argument));
        mentions.found
    }

    fn mentions(&self, value: &Expression<'a>) -> bool {
        let mut mentions = Mentions::new(self.derived, self.parse);
        mentions.visit_expression(value);
        mentions.found
    }

    /// A call of a name.
    fn named(&mut self, name: &str, arguments: &[Argument<'a>]) {
        if erase::is_logger(name) || HARMLESS.contains(&name) {
            return;
        }
        match self.reader.resolve(&self.scope, name) {
            Resolved::Package(from, Imported::Named(what)) if is_create_env(from, what) => {}
            Resolved::Package(from, Imported::Named(what)) if is_zod(from) => {
                self.found |= PARSE.contains(&what) && self.is_given(arguments);
            }
            Resolved::Function(site) => self.function(&site, arguments),
            Resolved::Value(site) => match FunctionCode::of(site.value) {
                Some(code) => {
                    self.function(&FunctionSite { scope: site.scope, code }, arguments);
                }
                None => self.found |= self.is_given(arguments),
            },
            _ => self.found |= self.is_given(arguments),
        }
    }

    /// A call of a function of the checkout.
    fn function(&mut self, site: &FunctionSite<'a>, arguments: &[Argument<'a>]) {
        let span = match site.code {
            FunctionCode::Arrow(arrow) => arrow.span,
            FunctionCode::Function(function) => function.span,
        };
        if self.is_given(arguments) {
            self.found = true;
            return;
        }
        // What parses is a body of its own.
        let parses = span.start <= self.parse.start && self.parse.end <= span.end;
        if parses && site.scope.module.path == self.scope.module.path {
            return;
        }
        let place = (Rc::as_ptr(&site.scope.module) as usize, span.start);
        if !self.followed.borrow_mut().insert(place) {
            return;
        }
        if self.calls == 0 || !self.reader.step() {
            self.found = true;
            return;
        }
        let none = HashSet::new();
        let same_file = site.scope.module.path == self.scope.module.path;
        let mut inner = Ends {
            reader: self.reader,
            scope: site.scope.clone(),
            derived: if same_file { self.derived } else { &none },
            parse: if same_file { self.parse } else { NOWHERE },
            calls: self.calls - 1,
            followed: self.followed,
            found: false,
            reads_environment: false,
        };
        let mut mentions = Mentions::new(&none, NOWHERE);
        (mentions.in_functions, mentions.environment) = (true, true);
        match site.code.block() {
            Some(FunctionBlock::Expression(value)) => {
                inner.visit_expression(value);
                mentions.visit_expression(value);
            }
            Some(FunctionBlock::Statements(statements)) => {
                statements.iter().for_each(|statement| {
                    inner.visit_statement(statement);
                    mentions.visit_statement(statement);
                });
            }
            None => {}
        }
        let (found, reads) = (inner.found, inner.reads_environment || mentions.found);
        self.found |= found;
        self.reads_environment |= reads;
    }

    /// A call of a method.
    fn method(&mut self, object: &Expression<'a>, name: Option<&str>, arguments: &[Argument<'a>]) {
        let root = match root_of(object) {
            Some(Expression::Identifier(root)) => root.name.as_str(),
            _ => "",
        };
        match (root, name) {
            ("process", Some("exit" | "abort" | "kill")) => self.found = true,
            ("process", Some("on" | "once" | "emitWarning")) => {}
            (root, _) if erase::is_logger(root) || HARMLESS.contains(&root) => {}
            (root, name) => {
                let is_of_zod = matches!(self.reader.resolve(&self.scope, root),
                    Resolved::Package(from, _) if is_zod(from));
                let parses = matches!(name, Some("parse" | "parseAsync"));
                // A result is not an exception; a schema that is made is none either.
                if matches!(name, Some("safeParse" | "safeParseAsync")) || is_of_zod && !parses {
                    return;
                }
                self.found |= self.mentions(object) || self.is_given(arguments);
            }
        }
    }

    /// Functions that are called here.
    fn callbacks(&mut self, it: &CallExpression<'a>) {
        let mut run = |value: &Expression<'a>| {
            if let Some(body) = function_span(value)
                && body.start <= self.parse.start
                && self.parse.end <= body.end
            {
                return; // a body of its own
            }
            match value.get_inner_expression() {
                Expression::ArrowFunctionExpression(arrow) => {
                    walk::walk_arrow_function_expression(self, arrow);
                }
                Expression::FunctionExpression(function) => {
                    walk::walk_function(self, function, ScopeFlags::Function);
                }
                _ => {}
            }
        };
        run(&it.callee);
        if is_iteration(it) {
            it.arguments.iter().filter_map(Argument::as_expression).for_each(run);
        }
    }
}

fn function_span(value: &Expression<'_>) -> Option<Span> {
    match value.get_inner_expression() {
        Expression::ArrowFunctionExpression(arrow) => Some(arrow.span),
        Expression::FunctionExpression(function) => Some(function.span),
        _ => None,
    }
}

impl<'a> Visit<'a> for Ends<'_, 'a> {
    fn visit_throw_statement(&mut self, _: &ThrowStatement<'a>) {
        self.found = true;
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if it.span == self.parse || self.found {
            return;
        }
        match it.callee.get_inner_expression() {
            Expression::Identifier(name) => {
                let name = name.name.as_str();
                if let Resolved::Package(from, Imported::Named(what)) =
                    self.reader.resolve(&self.scope, name)
                    && is_create_env(from, what)
                {
                    return;
                }
                self.named(name, &it.arguments);
            }
            other => {
                if let Some(member) = other.as_member_expression() {
                    let name = member.static_property_name();
                    self.method(member.object(), name, &it.arguments);
                }
            }
        }
        self.callbacks(it);
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        let name = match it.callee.get_inner_expression() {
            Expression::Identifier(name) => name.name.as_str(),
            _ => "",
        };
        let harmless = name.ends_with("Error") || matches!(name, "Map" | "Set" | "Date" | "Proxy");
        self.found |= !harmless && self.is_given(&it.arguments);
        walk::walk_new_expression(self, it);
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_class(&mut self, _: &Class<'a>) {}
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Files, parse_all};
    use crate::zod::evaluate::{Evaluation, KeyResult, Variables};

    /// How the code of a file judges variables whose keys are all accepted.
    fn judged(text: &str, set: &[(&str, &str)]) -> Vec<KeyResult> {
        let text =
            format!("import {{ z }} from 'zod/v4';\nimport assert from 'node:assert';\n{text}");
        let schemas = parse_all(Path::new("env.ts"), &text, None, Files::NONE).expect("schemas");
        let pairs = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables = Variables::only(pairs);
        let mut results = Vec::new();
        for schema in &schemas {
            let evaluation = Evaluation::new(schema, variables.clone());
            for key in &schema.keys {
                assert_eq!(evaluation.key(key), KeyResult::Accepted, "{text}");
            }
            results.push(evaluation.object());
        }
        results
    }

    const SCHEMA: &str = "const schema = z.object({ A: z.string().optional(), B: z.string().optional(), \
        MODE: z.string().default('dev'), P: z.string().default('1') });\n";

    #[test]
    fn code_after_the_parse_is_run_with_what_was_parsed() {
        for code in [
            "const env = schema.parse(process.env); if (!env.A && !env.B) throw new Error('A or B');",
            "const p = schema.safeParse(process.env); if (!p.success) { process.exit(1); } const data = p.data; if (!data.A) { console.error('A'); process.exit(1); } export const env = data;",
            "const { A } = schema.parse(process.env); if (A === undefined) throw new Error();",
            "const { success, data } = schema.safeParse(process.env); if (!success || !data.A) throw new Error();",
            "export const env = schema.parse(process.env); assert(env.A, 'A');",
            "export const env = schema.parse(process.env); assert.ok(env.A);",
            "export const env = schema.parse(process.env); export const a = env.A ?? fail(); function fail(): never { throw new Error('A'); }",
            "export const env = schema.parse(process.env); export const url = new URL(env.A!);",
            "export const env = schema.parse(process.env); export const all = { json: JSON.parse(env.A as string) };",
            "export const env = schema.parse(process.env); for (const key of ['A', 'B'] as const) { if (!env[key]) throw new Error(key); }",
            "export const env = schema.parse(process.env); (['A', 'B'] as const).forEach((key) => { if (!env[key]) throw new Error(key); });",
            "const env = schema.parse(process.env); const missing: string[] = []; if (!env.A) missing.push('A'); if (missing.length > 0) { throw new Error(missing.join()); }",
            "const env = schema.parse(process.env); let ok = true; if (!env.A) ok = false; if (!ok) process.exit(1);",
            "const required = (key: string) => { const v = process.env[key]; if (!v) throw new Error(key); return v; }; export const a = required('A'); export const env = schema.parse(process.env);",
            "export function load() { if (!process.env.A) { process.exit(1); } return schema.parse(process.env); }",
            "if (!process.env.A) throw new Error('A'); export const env = schema.parse(process.env);",
            "const env = schema.parse(process.env); if (env.MODE === 'dev') { const missing = []; if (!env.A) missing.push('A'); if (missing.length) throw new MyError(missing); }",
            "const env = schema.parse(process.env); const n = Number(env.A); if (isNaN(n)) throw new Error();",
            "let env; try { env = schema.parse(process.env); } catch (error) { process.exit(1); } if (!env.A) throw new Error();",
            "function load() { const p = schema.safeParse(process.env); if (!p.success) throw new Error(); const env = p.data; if (!env.A) { throw new Error('A'); } return env; } export const env = load();",
            "const load = () => schema.parse(process.env); const env = load(); function check() { if (!env.A) throw new Error(); } check();",
            "export const env = (() => { const r = schema.safeParse(process.env); if (!r.success) throw r.error; if (!r.data.A) throw new Error(); return r.data; })();",
            "export function load(config = process.env) { const env = schema.parse(config); if (env.MODE === 'test') return env; if (!env.A) throw new Error(); return env; }",
            "try { const env = schema.parse(process.env); if (!env.A) throw new Error('A'); } catch (error) { console.error(error); process.exit(1); }",
        ] {
            let code = format!("{SCHEMA}{code}");
            let result = judged(&code, &[]);
            assert!(matches!(&result[..], [KeyResult::Refused(_)]), "{code}\n{result:?}");
            let result = judged(&code, &[("A", "\"http://a\""), ("B", "b")]);
            let healthy = judged(&code, &[("A", "http://a"), ("B", "b")]);
            let number = judged(&code, &[("A", "1"), ("B", "b")]);
            let accepted = [result, healthy, number];
            assert!(accepted.iter().any(|r| *r == [KeyResult::Accepted]), "{code}\n{accepted:?}");
        }
    }

    #[test]
    fn code_after_the_parse_that_cannot_be_run_is_unknown() {
        for code in [
            "import { check } from 'somewhere'; const env = schema.parse(process.env); check(env);",
            "import { check } from 'somewhere'; const env = schema.parse(process.env); if (!check(env.A)) throw new Error();",
            "const env = schema.parse(process.env); export const port = z.coerce.number().int().parse(env.P);",
            "const other = z.object({ A: z.string() }); const env = schema.parse(process.env); other.parse(env);",
            "const env = schema.parse(process.env); export function load() { return z.coerce.number().parse(env.P); } export const port = load();",
            "export function load() { const env = schema.parse(process.env); return { port: z.coerce.number().parse(env.P) }; }",
            "const env = schema.parse(process.env); const r = z.coerce.number().safeParse(env.P); if (!r.success) throw new Error();",
            "const env = schema.parse(process.env); export const client = new Client(env.A);",
            "const env = schema.parse(process.env); await connect(env.A);",
        ] {
            let code = format!("{SCHEMA}{code}");
            let result = judged(&code, &[("A", "a")]);
            assert!(matches!(&result[..], [KeyResult::Unknown(_), ..]), "{code}\n{result:?}");
        }
    }

    #[test]
    fn functions_that_call_each_other_often_are_followed_once() {
        let started = std::time::Instant::now();
        let mut code = format!("{SCHEMA}export const env = schema.parse(process.env);");
        for level in 0..8 {
            let calls = format!("f{}();", level + 1).repeat(60);
            code.push_str(&format!("function f{level}() {{ {calls} return env.A; }}"));
        }
        code.push_str("function f8() { return env.B; } const xs = [1];");
        code.push_str(&"f0(); xs.push(f0());".repeat(200));
        assert!(matches!(&judged(&code, &[])[..], [KeyResult::Unknown(_)]));
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    #[test]
    fn code_that_cannot_end_the_start_changes_nothing() {
        for code in [
            "export const env = schema.parse(process.env); export type Env = typeof env; export default env;",
            "export const env = schema.parse(process.env); console.log('loaded', format(env)); logger.info({ a: env.A });",
            "import { nanoid } from 'nanoid'; export const env = schema.parse(process.env); export const config = { a: env.A, id: nanoid(), b: env.B ?? 'x', isDev: env.MODE === 'dev' } as const;",
            "import { make } from 'db'; export const env = schema.parse(process.env); export const db = () => make(env.A); export function connect() { return make(env.A); }",
            "export const env = Object.freeze(schema.parse(process.env)); export const flag = Boolean(env.A);",
            "const p = schema.safeParse(process.env); if (!p.success) { console.error(z.treeifyError(p.error)); throw new Error(pretty(p.error)); } export const env = p.data;",
            "const env = schema.parse(process.env); export const Query = z.object({ mode: z.string().default(env.MODE) });",
            "let cached; export function env() { if (cached) return cached; cached = schema.parse(process.env); return cached; }",
            "let cached: Env | null = null; export function env() { if (!cached) { const r = schema.safeParse(process.env); if (!r.success) throw new Error(); cached = r.data; } return cached; }",
            "try { schema.parse(process.env); } catch (error) { if (error instanceof z.ZodError) { process.exit(1); } throw error; }",
            "export const env = schema.parse(process.env); export const origins = (env.A ?? '').split(',').map((origin) => origin.trim());",
            "import { existsSync } from 'node:fs'; if (process.env.A) { config({ path: process.env.A }); } const dev = make(process.env.B); export const env = schema.parse(process.env);",
            "declare global { namespace NodeJS { interface ProcessEnv extends z.infer<typeof schema> {} } } export const env = schema.parse(process.env);",
        ] {
            let code = format!("{SCHEMA}{code}");
            let result = judged(&code, &[]);
            assert_eq!(result, [KeyResult::Accepted], "{code}");
        }
    }
}
