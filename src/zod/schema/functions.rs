//! Functions of the checkout that return schemas: a call is read as the body with the arguments in place of the
//! parameters. Conditions keep both sides.

use std::collections::HashMap;

use oxc_ast::ast::{
    Argument, BindingPattern, Declaration, Expression, IfStatement, Statement, VariableDeclaration,
};
use oxc_span::GetSpan;

use super::module::property;
use super::node::{Field, Node, Object, ObjectFields};
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, FunctionBlock, FunctionSite, Local};
use crate::zod::model::{Condition, ObjectCheck, Rule, SchemaFunction};
use crate::zod::typescript::{Link, root_of};

/// Objects whose methods do not change a schema.
const HARMLESS: [&str; 6] = ["console", "dotenv", "config", "logger", "log", "process"];

impl<'a> SchemaReader<'a> {
    /// The meaning of a call of a function.
    pub(crate) fn call(
        &self,
        caller: &EvalScope<'a>,
        function: &FunctionSite<'a>,
        link: &Link<'a>,
    ) -> Node<'a> {
        let unresolved = |reason: &str| Node::Other(caller.unresolved(link.offset, reason));
        if caller.depth == 0 || !self.step() {
            return unresolved("functions that call each other too often");
        }
        if !function.code.is_plain() {
            return unresolved("an asynchronous function is called");
        }
        let Some(args) = link.args else { return unresolved("a function that is not called") };
        let mut scope = function.scope.inside(arguments(caller, function, args));
        scope.depth = caller.depth - 1;
        match function.code.block() {
            Some(FunctionBlock::Expression(value)) => self.node(&scope, value),
            Some(FunctionBlock::Statements(statements)) => self.block(&scope, statements),
            None => unresolved("a function without a body"),
        }
    }

    /// The meaning of what a block returns.
    fn block(&self, scope: &EvalScope<'a>, statements: &'a [Statement<'a>]) -> Node<'a> {
        let scope = block_scope(scope, statements);
        for (index, statement) in statements.iter().enumerate() {
            let offset = statement.span().start;
            if !self.step() {
                return Node::Other(scope.unresolved(offset, "too large to follow"));
            }
            match statement {
                Statement::ReturnStatement(returned) => {
                    return match &returned.argument {
                        Some(value) => self.node(&scope, value),
                        None => Node::Other(scope.unresolved(offset, "nothing is returned")),
                    };
                }
                Statement::IfStatement(choice) if returns(&choice.consequent) => {
                    return self.choice_of_blocks(&scope, choice, &statements[index + 1..]);
                }
                Statement::IfStatement(choice)
                    if choice.alternate.is_none() && ends(&choice.consequent) => {}
                Statement::TryStatement(attempt) if attempt.block.body.iter().any(returns) => {
                    return self.block(&scope, &attempt.block.body);
                }
                Statement::BlockStatement(block) if block.body.iter().any(returns) => {
                    return self.block(&scope, &block.body);
                }
                Statement::ExpressionStatement(run) if is_harmless(&run.expression) => {}
                Statement::EmptyStatement(_) => {}
                other if other.as_declaration().is_some() => {}
                _ => {
                    return Node::Other(scope.unresolved(offset, "a function that runs code"));
                }
            }
        }
        let offset = statements.first().map_or(0, |statement| statement.span().start);
        Node::Other(scope.unresolved(offset, "a function that returns nothing"))
    }

    fn choice_of_blocks(
        &self,
        scope: &EvalScope<'a>,
        choice: &'a IfStatement<'a>,
        rest: &'a [Statement<'a>],
    ) -> Node<'a> {
        let then = self.block(scope, std::slice::from_ref(&choice.consequent));
        let otherwise = match &choice.alternate {
            Some(alternate) => self.block(scope, std::slice::from_ref(alternate)),
            None => self.block(scope, rest),
        };
        self.choice(scope, &choice.test, then, otherwise)
    }

    /// The condition of a test.
    pub(crate) fn condition(&self, site: &ExprSite<'a>) -> Condition {
        match self.script(site) {
            Ok(script) => Condition::Script(script.into()),
            Err(what) => Condition::Unresolved(what),
        }
    }

    /// `test ? then : otherwise`
    pub(crate) fn choice(
        &self,
        scope: &EvalScope<'a>,
        test: &'a Expression<'a>,
        then: Node<'a>,
        otherwise: Node<'a>,
    ) -> Node<'a> {
        let condition = self.condition(&scope.site(test));
        let offset = test.span().start;
        match (then, otherwise) {
            (Node::Field(a), Node::Field(b)) => {
                let place = scope.module.place(offset);
                let rule =
                    Rule::Choice(condition, Box::new(a.rule.clone()), Box::new(b.rule.clone()));
                Node::Field(a.join(b, &place, |_, other| other).with_rule(rule))
            }
            (Node::Object(a), Node::Object(b)) => {
                let mut shape = self.either(scope, &condition, a.shape, b.shape, offset);
                if a.mode != b.mode {
                    let reason = "its treatment of other keys depends on a condition";
                    let what = scope.unresolved(offset, reason);
                    shape.conditions.push(ObjectCheck::opaque(what));
                }
                let preprocess = match a.preprocess == b.preprocess {
                    true => a.preprocess,
                    false => {
                        let what = scope.unresolved(offset, "preprocess depends on a condition");
                        Some(SchemaFunction::Opaque(what))
                    }
                };
                Node::Object(Object {
                    shape,
                    mode: a.mode,
                    blank_is_missing: a.blank_is_missing,
                    preprocess,
                })
            }
            (then, otherwise) => {
                let fields = |node: &Node<'a>| {
                    matches!(node, Node::Fields(_) | Node::Literal(..) | Node::Object(_))
                };
                match (fields(&then), fields(&otherwise)) {
                    (true, true) => {
                        let (a, b) =
                            (self.fields_of(scope, then), self.fields_of(scope, otherwise));
                        Node::Fields(self.either(scope, &condition, a, b, offset))
                    }
                    (true, false) => otherwise,
                    _ => then,
                }
            }
        }
    }

    /// The fields of both sides of a condition; one that only one side declares is not judged on the other.
    pub(crate) fn either(
        &self,
        scope: &EvalScope<'a>,
        condition: &Condition,
        a: ObjectFields,
        b: ObjectFields,
        offset: u32,
    ) -> ObjectFields {
        let place = scope.module.place(offset);
        let undeclared = || Field::new(Rule::Undeclared, place.clone());
        let choose = |then: Field, other: Field| {
            let rules = (Box::new(then.rule.clone()), Box::new(other.rule.clone()));
            let rule = Rule::Choice(condition.clone(), rules.0, rules.1);
            let declared = if then.rule == Rule::Undeclared { &other } else { &then };
            let named = declared.clone();
            let joined = then.join(other, &place, |_, rule| rule);
            Field { levels: joined.levels, rules: joined.rules, ..named }.with_rule(rule)
        };
        let mut fields = ObjectFields::default();
        for (name, field) in &a.fields {
            let other = b.get(name).cloned().unwrap_or_else(undeclared);
            fields.put(name.clone(), choose(field.clone(), other));
        }
        for (name, field) in b.fields.iter().filter(|(name, _)| a.get(name).is_none()) {
            fields.put(name.clone(), choose(undeclared(), field.clone()));
        }
        for (open, conditions) in [(a.unresolved, a.conditions), (b.unresolved, b.conditions)] {
            fields.unresolved.extend(open);
            let opaque = conditions.into_iter().map(|check| ObjectCheck::opaque(check.what));
            fields.conditions.extend(opaque);
        }
        fields
    }
}

/// The parameters of a function with the arguments of a call.
fn arguments<'a>(
    caller: &EvalScope<'a>,
    function: &FunctionSite<'a>,
    args: &'a [Argument<'a>],
) -> HashMap<&'a str, Local<'a>> {
    let parameters = function.code.parameters();
    let spread = args.iter().position(Argument::is_spread).unwrap_or(usize::MAX);
    let mut names = HashMap::new();
    for (index, parameter) in parameters.items.iter().enumerate() {
        let given = args.get(index).and_then(Argument::as_expression);
        let given = given.filter(|_| index < spread);
        let local = match (given, parameter.initializer.as_deref()) {
            _ if index >= spread => Local::Unknown("a spread argument"),
            (Some(value), _) => Local::Argument(caller.site(value)),
            (None, Some(default)) => Local::Argument(function.scope.site(default)),
            (None, None) => Local::Unknown("an argument that is not given"),
        };
        match &parameter.pattern {
            BindingPattern::BindingIdentifier(id) => {
                names.insert(id.name.as_str(), local);
            }
            pattern => names.extend(destructured(pattern, &local)),
        }
    }
    if let Some(rest) = &parameters.rest {
        let ids = rest.rest.argument.get_binding_identifiers();
        names.extend(ids.iter().map(|id| (id.name.as_str(), Local::Unknown("a rest parameter"))));
    }
    names
}

/// The names of a destructured parameter, if the argument is an object literal that states them.
fn destructured<'a>(
    pattern: &'a BindingPattern<'a>,
    given: &Local<'a>,
) -> Vec<(&'a str, Local<'a>)> {
    let unknown = || Local::Unknown("a destructured parameter");
    let ids = pattern.get_binding_identifiers();
    let mut names: Vec<_> = ids.iter().map(|id| (id.name.as_str(), unknown())).collect();
    let (BindingPattern::ObjectPattern(object), Local::Argument(site)) = (pattern, given) else {
        return names;
    };
    let Expression::ObjectExpression(literal) = site.value.get_inner_expression() else {
        return names;
    };
    if literal.properties.iter().any(|property| property.is_spread()) {
        return names;
    }
    for property in &object.properties {
        let (Some(local), Some(key)) =
            (property.value.get_binding_identifier(), property.key.static_name())
        else {
            continue;
        };
        let found = literal.properties.iter().rev().find_map(|given| {
            let given = given.as_property()?;
            (given.key.static_name()? == key).then_some(&given.value)
        });
        if let (Some(value), Some(slot)) =
            (found, names.iter_mut().find(|(name, _)| *name == local.name.as_str()))
        {
            slot.1 = Local::Argument(site.scope.site(value));
        }
    }
    names
}

/// The scope of a block: its constants and functions.
pub(crate) fn block_scope<'a>(
    scope: &EvalScope<'a>,
    statements: &'a [Statement<'a>],
) -> EvalScope<'a> {
    let mut names = HashMap::new();
    for statement in statements {
        match statement.as_declaration() {
            Some(Declaration::VariableDeclaration(variables)) => declare(variables, &mut names),
            Some(Declaration::FunctionDeclaration(function)) => {
                if let Some(id) = &function.id {
                    names.insert(id.name.as_str(), Local::Function(function));
                }
            }
            Some(Declaration::ClassDeclaration(class)) => {
                if let Some(id) = &class.id {
                    names.insert(id.name.as_str(), Local::Unknown("a class"));
                }
            }
            _ => {}
        }
    }
    if names.is_empty() { scope.clone() } else { scope.inside(names) }
}

fn declare<'a>(variables: &'a VariableDeclaration<'a>, names: &mut HashMap<&'a str, Local<'a>>) {
    for declarator in &variables.declarations {
        let local = match &declarator.init {
            Some(value) if variables.kind.is_const() => Local::Here(value),
            _ => Local::Unknown("a variable that may change"),
        };
        match &declarator.id {
            BindingPattern::BindingIdentifier(id) => {
                names.insert(id.name.as_str(), local);
            }
            pattern => {
                let object = match (pattern, &declarator.init) {
                    (BindingPattern::ObjectPattern(object), Some(value))
                        if object.rest.is_none() && variables.kind.is_const() =>
                    {
                        Some((object, value))
                    }
                    _ => None,
                };
                names.extend(pattern.get_binding_identifiers().iter().map(|id| {
                    let name = id.name.as_str();
                    let known = object
                        .and_then(|(object, value)| Some((value, property(object, name)?)))
                        .map(|(value, property)| Local::Property(value, property));
                    (name, known.unwrap_or(Local::Unknown("destructured")))
                }));
            }
        }
    }
}

/// Whether a statement returns in every case that matters here.
fn returns(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ReturnStatement(_) => true,
        Statement::BlockStatement(block) => block.body.iter().any(returns),
        Statement::IfStatement(choice) => returns(&choice.consequent),
        Statement::TryStatement(attempt) => attempt.block.body.iter().any(returns),
        _ => false,
    }
}

/// Whether a statement only reports and ends: `console.error(…)`, `throw`, `process.exit(1)`.
fn ends(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ThrowStatement(_) => true,
        Statement::ExpressionStatement(run) => is_harmless(&run.expression),
        Statement::BlockStatement(block) => block.body.iter().all(ends),
        Statement::VariableDeclaration(variables) => variables.kind.is_const(),
        _ => false,
    }
}

/// Whether a statement ends the process: `throw`, `process.exit(1)`.
pub(crate) fn throws(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.iter().any(throws),
        Statement::ExpressionStatement(run) => match run.expression.get_inner_expression() {
            Expression::CallExpression(call) => {
                let exit = call.callee.get_inner_expression();
                exit.as_member_expression().is_some_and(|member| {
                    member.static_property_name() == Some("exit")
                        && member.object().is_specific_id("process")
                })
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether an expression statement changes no schema.
fn is_harmless(value: &Expression<'_>) -> bool {
    if let Expression::StringLiteral(_) = value {
        return true;
    }
    let Some(chain) = root_of(value) else { return false };
    HARMLESS.iter().any(|name| chain.is_specific_id(name))
}
