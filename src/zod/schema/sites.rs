//! Finds where a file parses the environment: `schema.parse(process.env)`, `createEnv({ … })`, also inside of
//! functions and classes.

use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, ChainElement, Class, ClassElement, Declaration,
    ExportDefaultDeclarationKind, Expression, ForStatementInit, Function, ObjectPropertyKind,
    Statement,
};
use oxc_span::Span;

use super::functions::block_scope;
use super::input::Origin;
use super::module::{DEFAULT, Export, Imported, Module};
use super::package::is_create_env;
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, FunctionBlock, FunctionCode, Local, Resolved};

/// Nested expressions and statements that are searched.
const MAX_DEPTH: u8 = 120;
/// Names that are followed for the argument.
const MAX_HOPS: u8 = 8;
/// Methods that parse.
pub(crate) const PARSE: [&str; 4] = ["parse", "safeParse", "parseAsync", "safeParseAsync"];

/// A place that parses.
#[derive(Clone)]
pub(crate) struct ParseSite<'a> {
    /// The top-level name around it.
    pub(crate) name: Option<&'a str>,
    /// That name is exported.
    pub(crate) exported: bool,
    /// The schema: the object of `.parse`, or the call of `createEnv`.
    pub(crate) schema: ExprSite<'a>,
    /// The argument of `.parse`; none for `createEnv`.
    pub(crate) argument: Option<ExprSite<'a>>,
    /// Where the argument comes from.
    pub(crate) origin: Origin,
    /// Conditions under which it is reached, each with the result that reaches it.
    pub(crate) conditions: Vec<(ExprSite<'a>, bool)>,
    /// It is in a function, which may not be called.
    pub(crate) in_function: bool,
    /// The call itself.
    pub(crate) call: Span,
    /// It returns a result (`safeParse`) instead of the value.
    pub(crate) returns_result: bool,
    /// The variable whose value alone is parsed.
    pub(crate) variable: Option<String>,
    /// The statements around it: those of the file, and those of each function.
    pub(crate) bodies: Vec<StatementList<'a>>,
}

/// Statements of one body, with their names.
pub(crate) type StatementList<'a> = (EvalScope<'a>, &'a [Statement<'a>]);

/// Searches one file.
struct Finder<'r, 'a> {
    reader: &'r SchemaReader<'a>,
    name: Option<&'a str>,
    exported: bool,
    conditions: Vec<(ExprSite<'a>, bool)>,
    found: Vec<ParseSite<'a>>,
    depth: u8,
    /// Functions around the place.
    functions: u8,
    /// The bodies around the place.
    bodies: Vec<StatementList<'a>>,
}

impl<'a> SchemaReader<'a> {
    /// Every place of a file that parses, in source order.
    pub(crate) fn parse_sites(&self, module: &Rc<Module<'a>>) -> Vec<ParseSite<'a>> {
        let scope = EvalScope::new(Rc::clone(module));
        let mut finder = Finder {
            reader: self,
            name: None,
            exported: false,
            conditions: Vec::new(),
            found: Vec::new(),
            depth: MAX_DEPTH,
            functions: 0,
            bodies: vec![(scope.clone(), module.body)],
        };
        for statement in module.body {
            finder.top(&scope, statement);
        }
        finder.found
    }
}

/// Whether a file exports a top-level name.
pub(crate) fn is_exported(module: &Module<'_>, name: &str) -> bool {
    module.exports.values().any(|export| matches!(export, Export::Local(local) if *local == name))
}

impl<'a> Finder<'_, 'a> {
    /// A statement at the top of the file.
    fn top(&mut self, scope: &EvalScope<'a>, statement: &'a Statement<'a>) {
        let declaration = match statement {
            Statement::ExportDeclaration(export) => Some(&export.declaration),
            other => other.as_declaration(),
        };
        match (declaration, statement) {
            (Some(Declaration::VariableDeclaration(variables)), _) => {
                for declarator in &variables.declarations {
                    if let Some(value) = &declarator.init {
                        let ids = declarator.id.get_binding_identifiers();
                        let name = ids.first().map(|id| id.name.as_str());
                        self.named(scope, name, |finder| finder.expression(scope, value));
                    }
                }
            }
            (Some(Declaration::FunctionDeclaration(function)), _) => {
                let name = function.id.as_ref().map(|id| id.name.as_str());
                self.named(scope, name, |finder| {
                    finder.function(scope, FunctionCode::Function(function), true);
                });
            }
            (Some(Declaration::ClassDeclaration(class)), _) => {
                let name = class.id.as_ref().map(|id| id.name.as_str());
                self.named(scope, name, |finder| finder.class(scope, class));
            }
            (_, Statement::ExportDefaultDeclaration(export)) => {
                self.named(scope, Some(DEFAULT), |finder| match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                        finder.function(scope, FunctionCode::Function(function), true);
                    }
                    other => {
                        if let Some(value) = other.as_expression() {
                            finder.expression(scope, value);
                        }
                    }
                });
            }
            (_, other) => self.statement(scope, other),
        }
    }

    fn named(
        &mut self,
        scope: &EvalScope<'a>,
        name: Option<&'a str>,
        visit: impl FnOnce(&mut Self),
    ) {
        self.exported = name.is_some_and(|name| is_exported(&scope.module, name));
        self.name = name;
        visit(self);
        (self.name, self.exported) = (None, false);
    }

    /// A function. Parameters of a top-level function may be the environment.
    fn function(&mut self, scope: &EvalScope<'a>, code: FunctionCode<'a>, top: bool) {
        let parameters = code.parameters();
        let mut names: HashMap<&'a str, Local<'a>> = HashMap::new();
        for parameter in &parameters.items {
            let local = match (&parameter.pattern, &parameter.initializer) {
                (BindingPattern::BindingIdentifier(_), Some(default)) => {
                    Local::Argument(scope.site(default))
                }
                (BindingPattern::BindingIdentifier(_), None) if top => Local::Parameter,
                _ => Local::Unknown("a parameter"),
            };
            for id in parameter.pattern.get_binding_identifiers() {
                names.insert(id.name.as_str(), local.clone());
            }
        }
        let scope = scope.inside(names);
        self.functions = self.functions.saturating_add(1);
        match code.block() {
            Some(FunctionBlock::Expression(value)) => self.expression(&scope, value),
            Some(FunctionBlock::Statements(statements)) => {
                let scope = block_scope(&scope, statements);
                self.bodies.push((scope.clone(), statements));
                for statement in statements {
                    self.statement(&scope, statement);
                }
                self.bodies.pop();
            }
            None => {}
        }
        self.functions = self.functions.saturating_sub(1);
    }

    fn class(&mut self, scope: &EvalScope<'a>, class: &'a Class<'a>) {
        for element in &class.body.body {
            match element {
                ClassElement::MethodDefinition(method) => {
                    let function: &'a Function<'a> = &method.value;
                    self.function(scope, FunctionCode::Function(function), false);
                }
                ClassElement::PropertyDefinition(property) => {
                    if let Some(value) = &property.value {
                        self.expression(scope, value);
                    }
                }
                ClassElement::StaticBlock(block) => self.statements(scope, &block.body),
                _ => {}
            }
        }
    }

    fn statements(&mut self, scope: &EvalScope<'a>, statements: &'a [Statement<'a>]) {
        let scope = block_scope(scope, statements);
        for statement in statements {
            self.statement(&scope, statement);
        }
    }

    fn statement(&mut self, scope: &EvalScope<'a>, statement: &'a Statement<'a>) {
        if self.depth == 0 || !self.reader.step() {
            return;
        }
        self.depth -= 1;
        match statement {
            Statement::BlockStatement(block) => self.statements(scope, &block.body),
            Statement::ExpressionStatement(run) => self.expression(scope, &run.expression),
            Statement::ReturnStatement(returned) => {
                if let Some(value) = &returned.argument {
                    self.expression(scope, value);
                }
            }
            Statement::IfStatement(choice) => {
                self.expression(scope, &choice.test);
                self.under(scope, &choice.test, true, |finder| {
                    finder.statement(scope, &choice.consequent);
                });
                if let Some(alternate) = &choice.alternate {
                    self.under(scope, &choice.test, false, |finder| {
                        finder.statement(scope, alternate);
                    });
                }
            }
            Statement::TryStatement(attempt) => self.statements(scope, &attempt.block.body),
            Statement::ForStatement(repeat) => {
                if let Some(ForStatementInit::VariableDeclaration(_)) = &repeat.init {}
                self.statement(scope, &repeat.body);
            }
            Statement::ForOfStatement(repeat) => self.statement(scope, &repeat.body),
            other => match other.as_declaration() {
                Some(Declaration::VariableDeclaration(variables)) => {
                    for value in variables.declarations.iter().filter_map(|d| d.init.as_ref()) {
                        self.expression(scope, value);
                    }
                }
                Some(Declaration::FunctionDeclaration(function)) => {
                    self.function(scope, FunctionCode::Function(function), false);
                }
                Some(Declaration::ClassDeclaration(class)) => self.class(scope, class),
                _ => {}
            },
        }
        self.depth += 1;
    }

    /// Visits what is reached under a condition.
    fn under(
        &mut self,
        scope: &EvalScope<'a>,
        test: &'a Expression<'a>,
        result: bool,
        visit: impl FnOnce(&mut Self),
    ) {
        self.conditions.push((scope.site(test), result));
        visit(self);
        self.conditions.pop();
    }

    fn expression(&mut self, scope: &EvalScope<'a>, value: &'a Expression<'a>) {
        if self.depth == 0 || !self.reader.step() {
            return;
        }
        self.depth -= 1;
        match value.get_inner_expression() {
            Expression::CallExpression(call) => self.call(scope, value, call),
            Expression::ConditionalExpression(choice) => {
                self.expression(scope, &choice.test);
                self.under(scope, &choice.test, true, |f| f.expression(scope, &choice.consequent));
                self.under(scope, &choice.test, false, |f| f.expression(scope, &choice.alternate));
            }
            Expression::LogicalExpression(either) => {
                self.expression(scope, &either.left);
                match either.operator {
                    oxc_ast::ast::LogicalOperator::And => {
                        self.under(scope, &either.left, true, |f| {
                            f.expression(scope, &either.right)
                        });
                    }
                    _ => {
                        self.under(scope, &either.left, false, |f| {
                            f.expression(scope, &either.right)
                        });
                    }
                }
            }
            Expression::StaticMemberExpression(member) => self.expression(scope, &member.object),
            Expression::ComputedMemberExpression(member) => self.expression(scope, &member.object),
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.call(scope, value, call),
                other => {
                    if let Some(member) = other.as_member_expression() {
                        self.expression(scope, member.object());
                    }
                }
            },
            Expression::AwaitExpression(awaited) => self.expression(scope, &awaited.argument),
            Expression::AssignmentExpression(assigned) => self.expression(scope, &assigned.right),
            Expression::UnaryExpression(unary) => self.expression(scope, &unary.argument),
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.iter().for_each(|value| self.expression(scope, value));
            }
            Expression::ArrayExpression(list) => {
                let items = list.elements.iter().filter_map(|item| item.as_expression());
                items.for_each(|item| self.expression(scope, item));
            }
            Expression::ObjectExpression(object) => {
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(item) => {
                            self.expression(scope, &item.value);
                        }
                        ObjectPropertyKind::SpreadProperty(spread) => {
                            self.expression(scope, &spread.argument);
                        }
                    }
                }
            }
            Expression::NewExpression(new) => self.arguments(scope, &new.arguments),
            Expression::ClassExpression(class) => self.class(scope, class),
            other => {
                if let Some(code) = FunctionCode::of(other) {
                    // The value of a top-level constant is a top-level function.
                    let top = scope.locals.is_none() && self.depth == MAX_DEPTH - 1;
                    self.function(scope, code, top);
                }
            }
        }
        self.depth += 1;
    }

    fn arguments(&mut self, scope: &EvalScope<'a>, arguments: &'a [Argument<'a>]) {
        for argument in arguments {
            match argument {
                Argument::SpreadElement(spread) => self.expression(scope, &spread.argument),
                other => {
                    if let Some(value) = other.as_expression() {
                        self.expression(scope, value);
                    }
                }
            }
        }
    }

    fn call(
        &mut self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
        call: &'a CallExpression<'a>,
    ) {
        match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member)
                if PARSE.contains(&member.property.name.as_str())
                    && !member.object.is_specific_id("JSON") =>
            {
                let argument = call.arguments.first().and_then(Argument::as_expression);
                if let Some(argument) = argument {
                    let argument = scope.site(argument);
                    let origin = self.reader.reads_environment(&argument, MAX_HOPS);
                    let method = member.property.name.as_str();
                    let is_result = method.starts_with("safe");
                    let schema = scope.site(&member.object);
                    self.add(schema, Some(argument), origin, (call.span, is_result));
                }
                self.expression(scope, &member.object);
            }
            Expression::Identifier(name) => {
                if let Resolved::Package(from, Imported::Named(what)) =
                    self.reader.resolve(scope, name.name.as_str())
                    && is_create_env(from, what)
                    && !self.passes_options_on(scope, call)
                {
                    self.add(scope.site(value), None, Origin::Environment, (call.span, false));
                }
            }
            other => self.expression(scope, other),
        }
        self.arguments(scope, &call.arguments);
    }

    /// Whether a call of `createEnv` stands in a wrapper: its options are those of a parameter.
    fn passes_options_on(&self, scope: &EvalScope<'a>, call: &'a CallExpression<'a>) -> bool {
        let is_parameter = |value: &Expression<'a>| match value.get_inner_expression() {
            Expression::Identifier(name) => {
                scope.locals.is_some()
                    && matches!(
                        self.reader.resolve(scope, name.name.as_str()),
                        Resolved::Parameter | Resolved::Unknown(_)
                    )
            }
            _ => false,
        };
        match call.arguments.first().and_then(Argument::as_expression) {
            Some(Expression::ObjectExpression(options)) => {
                options.properties.iter().any(|property| match property {
                    ObjectPropertyKind::SpreadProperty(spread) => is_parameter(&spread.argument),
                    ObjectPropertyKind::ObjectProperty(property) => is_parameter(&property.value),
                })
            }
            Some(other) => is_parameter(other),
            None => false,
        }
    }

    fn add(
        &mut self,
        schema: ExprSite<'a>,
        argument: Option<ExprSite<'a>>,
        origin: Origin,
        (call, returns_result): (Span, bool),
    ) {
        if origin == Origin::Other {
            return;
        }
        self.found.push(ParseSite {
            name: self.name,
            exported: self.exported,
            schema,
            argument,
            origin,
            conditions: self.conditions.clone(),
            in_function: self.functions > 0,
            call,
            returns_result,
            variable: None,
            bodies: self.bodies.clone(),
        });
    }
}
