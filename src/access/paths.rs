//! Paths around row security: what a client role reaches through views, functions, rules and triggers of any schema,
//! with the identity that each step runs under.
//!
//! A view runs as its owner unless it has `security_invoker`; a SECURITY DEFINER function and a rule run as the owner.
//! A path matters if it ends at a protected table whose row security does not bind that identity.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::body::Body;
use super::caller::{has_condition_on_caller, mentions_caller, tests_caller, undoes_test};
use super::compute::{binds, compute_access};
use super::triggers::{Fired, Triggers};
use crate::facts::access::catalog::{Policy, Relation, RelationKind, Role, SqlFunction};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{AccessCatalog, Contract, SqlCommand};

/// Catalog with an index of names, for walks.
pub(crate) struct Paths<'a> {
    catalog: &'a AccessCatalog,
    contract: &'a Contract,
    functions: HashMap<&'a str, Vec<&'a SqlFunction>>,
    relations: HashMap<&'a str, Vec<&'a Relation>>,
    bodies: RefCell<HashMap<&'a str, Rc<Body>>>,
    triggers: Triggers<'a>,
}

/// Whose rights a step uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Runner {
    /// The client.
    Client,
    /// An owner.
    Owner(String),
}

/// What a client reaches from one view, function or rule.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReachableTables {
    /// Protected tables whose rows are returned, with the steps in between.
    pub(crate) reads: BTreeMap<String, Vec<String>>,
    /// Protected tables whose rows are changed.
    pub(crate) writes: BTreeMap<String, Vec<String>>,
    /// Tables without row security, and foreign tables, that the client cannot read itself.
    pub(crate) open: BTreeMap<String, Vec<String>>,
    /// A function that runs with the rights of an owner and whose tables are not all known.
    pub(crate) unread: Option<String>,
    /// Whether a step compares its rows with the caller.
    pub(crate) asks: bool,
    /// Whether a condition of a step compares the caller, who is not only stored.
    pub(crate) compares: bool,
    /// Whether a part of a query returns rows without the comparison of the others.
    pub(crate) is_partly_open: bool,
    /// Whether every view that compares with the caller has `security_barrier`.
    pub(crate) leaks: bool,
}

/// What a policy reads and calls.
#[derive(Default)]
pub(crate) struct Called<'a> {
    /// Tables and views.
    pub(crate) relations: Vec<&'a Relation>,
    /// Functions, except those that only tell who calls.
    pub(crate) functions: Vec<&'a SqlFunction>,
}

/// State of one walk.
struct Walk<'w> {
    role: &'w Role,
    /// The command by which the client writes.
    write: SqlCommand,
    visited: BTreeSet<(String, Runner)>,
    steps: Vec<String>,
    reach: ReachableTables,
}

impl<'a> Paths<'a> {
    /// Indexes the catalog.
    pub(crate) fn new(catalog: &'a AccessCatalog, contract: &'a Contract) -> Self {
        let mut functions: HashMap<&str, Vec<&SqlFunction>> = HashMap::new();
        for function in &catalog.functions {
            functions.entry(local(&function.name)).or_default().push(function);
        }
        let mut relations: HashMap<&str, Vec<&Relation>> = HashMap::new();
        for relation in &catalog.relations {
            relations.entry(local(&relation.name)).or_default().push(relation);
        }
        let triggers = Triggers::new(catalog);
        Self { catalog, contract, functions, relations, bodies: RefCell::default(), triggers }
    }

    /// What a client reaches by reading a view.
    pub(crate) fn through_view(&self, view: &'a Relation, role: &Role) -> ReachableTables {
        self.walk(role, |walk| self.relation(walk, view, &Runner::Client, false))
    }

    /// The protected tables that a client changes by a command on a view, with the steps in between.
    pub(crate) fn written_through_view(
        &self,
        view: &'a Relation,
        role: &Role,
        command: SqlCommand,
    ) -> BTreeMap<String, Vec<String>> {
        let reach = self.walk(role, |walk| {
            walk.write = command;
            self.relation(walk, view, &Runner::Client, true);
        });
        reach.writes
    }

    /// What a client reaches by calling a function.
    pub(crate) fn through_function(
        &self,
        function: &'a SqlFunction,
        role: &Role,
    ) -> ReachableTables {
        self.walk(role, |walk| self.function(walk, function, &Runner::Client))
    }

    /// The triggers that a command of a role on a table or view fires.
    pub(crate) fn fired(
        &self,
        relation: &'a Relation,
        role: &Role,
        command: SqlCommand,
    ) -> Vec<Fired<'a>> {
        let columns = relation.only_columns(&role.name, command.sql());
        let columns = (!relation.has(&role.name, command.sql())).then_some(&columns[..]);
        let mut fired = self.triggers.fired(relation, command, columns);
        for table in self.tables_behind(relation, role, Runner::Client, command) {
            fired.extend(self.triggers.fired(table, command, None));
        }
        fired.sort();
        fired.dedup();
        fired
    }

    /// The triggers that a command on a table fires even if row security hides every row.
    pub(crate) fn fired_without_rows(
        &self,
        table: &'a Relation,
        command: SqlCommand,
    ) -> Vec<Fired<'a>> {
        self.triggers.fired_without_rows(table, command)
    }

    /// The relations that a write to a view may change.
    fn written(&self, view: &'a Relation) -> impl Iterator<Item = &'a Relation> {
        view.written_relations().into_iter().filter_map(|name| self.catalog.relation(name))
    }

    /// The tables that a command on a view changes.
    fn tables_behind(
        &self,
        view: &'a Relation,
        role: &Role,
        runner: Runner,
        command: SqlCommand,
    ) -> Vec<&'a Relation> {
        let (mut tables, mut visited) = (Vec::new(), BTreeSet::new());
        let mut pending = vec![(view, runner)];
        while let Some((view, runner)) = pending.pop() {
            if !visited.insert(&view.name) || !self.passes_on(view, command) {
                continue;
            }
            let inner =
                if view.security_invoker { runner } else { Runner::Owner(view.owner.clone()) };
            for written in self.written(view).filter(|r| self.may(role, &inner, r, command)) {
                match written.is_table() {
                    true => tables.push(written),
                    false => pending.push((written, inner.clone())),
                }
            }
        }
        tables
    }

    /// What a client reaches by firing a trigger.
    pub(crate) fn through_trigger(&self, fired: &Fired<'a>, role: &Role) -> ReachableTables {
        let runner = fired.owner.map_or(Runner::Client, |owner| Runner::Owner(owner.to_owned()));
        let function = self.catalog.function(fired.function);
        self.walk(role, |walk| {
            if let Some(function) = function {
                self.function(walk, function, &runner);
            }
        })
    }

    /// The protected tables that a rule of a relation uses, with the rights of the owner of the relation.
    pub(crate) fn through_rule(
        &self,
        relation: &'a Relation,
        uses: &[String],
        role: &Role,
    ) -> ReachableTables {
        self.walk(role, |walk| {
            let owner = Runner::Owner(relation.owner.clone());
            for used in uses.iter().filter_map(|name| self.catalog.relation(name)) {
                self.relation(walk, used, &owner, true);
                // The rights of the owner hold for the rule, not for what it fires.
                let writes = [SqlCommand::Insert, SqlCommand::Update, SqlCommand::Delete];
                self.fire(walk, used, &writes, &Runner::Client);
            }
        })
    }

    /// Whether a function, or one that it calls, compares the caller with data.
    pub(crate) fn asks(&self, function: &'a SqlFunction) -> bool {
        self.asks_within(function, &mut BTreeSet::new())
    }

    fn walk(&self, role: &Role, start: impl FnOnce(&mut Walk<'_>)) -> ReachableTables {
        let (visited, steps) = (BTreeSet::new(), Vec::new());
        let (write, reach) = (SqlCommand::Update, ReachableTables::default());
        let mut walk = Walk { role, write, visited, steps, reach };
        start(&mut walk);
        walk.reach
    }

    fn relation(&self, walk: &mut Walk<'_>, relation: &'a Relation, runner: &Runner, write: bool) {
        if !walk.visited.insert((format!("{} {write}", relation.name), runner.clone())) {
            return;
        }
        match relation.kind {
            RelationKind::View => self.view(walk, relation, runner, write),
            RelationKind::Materialised => self.copy(walk, relation),
            _ => self.table(walk, relation, runner, write),
        }
    }

    fn view(&self, walk: &mut Walk<'_>, view: &'a Relation, runner: &Runner, write: bool) {
        let inner =
            if view.security_invoker { runner.clone() } else { Runner::Owner(view.owner.clone()) };
        let helpers = view.calls.iter().filter_map(|f| self.catalog.function(f));
        let helpers = helpers.filter(|f| !f.returns_claims());
        let definition = view.definition.as_deref().unwrap_or_default();
        let asks = tests_caller(&Body::new(definition)) || helpers.clone().any(|f| self.asks(f));
        walk.reach.asks |= asks;
        walk.reach.leaks |= asks && !view.security_barrier && inner != Runner::Client;
        walk.steps.push(view.name.clone());
        for read in view.reads.iter().filter_map(|name| self.catalog.relation(name)) {
            if self.may(walk.role, &inner, read, SqlCommand::Select) {
                self.relation(walk, read, &inner, false);
            }
        }
        if write && self.passes_on(view, walk.write) {
            let written = self.written(view).filter(|r| self.may(walk.role, &inner, r, walk.write));
            for written in written.collect::<Vec<_>>() {
                self.relation(walk, written, &inner, true);
            }
        }
        // Functions in a view run as the caller.
        for function in helpers {
            if !self.is_helper(function) && self.may_call(walk.role, runner, function) {
                self.function(walk, function, runner);
            }
        }
        walk.steps.pop();
    }

    /// A materialized view is a copy that its owner made: every table behind it is reached.
    fn copy(&self, walk: &mut Walk<'_>, copy: &'a Relation) {
        walk.steps.push(copy.name.clone());
        let owner = Runner::Owner(copy.owner.clone());
        for read in copy.reads.iter().filter_map(|name| self.catalog.relation(name)) {
            match read.is_table() && self.is_protected(read) {
                true => self.reach_table(walk, read, false),
                false => self.relation(walk, read, &owner, false),
            }
        }
        walk.steps.pop();
    }

    fn table(&self, walk: &mut Walk<'_>, table: &'a Relation, runner: &Runner, write: bool) {
        let Runner::Owner(owner) = runner else { return };
        if !self.is_protected(table) {
            let unreadable = !walk.role.schemas.contains(&table.schema)
                || !(table.has(&walk.role.name, "SELECT")
                    || table.has_column(&walk.role.name, "SELECT"));
            if unreadable && (!write || table.kind == RelationKind::Foreign) {
                walk.reach.open.entry(table.name.clone()).or_insert(walk.steps.clone());
            }
            return;
        }
        if !self.is_bound(owner, table) {
            self.reach_table(walk, table, write);
        }
    }

    fn reach_table(&self, walk: &mut Walk<'_>, table: &Relation, write: bool) {
        let command = if write { walk.write } else { SqlCommand::Select };
        if compute_access(self.catalog, table, walk.role, command) == ComputedAccess::All {
            return;
        }
        let list = if write { &mut walk.reach.writes } else { &mut walk.reach.reads };
        list.entry(table.name.clone()).or_insert(walk.steps.clone());
    }

    fn function(&self, walk: &mut Walk<'_>, function: &'a SqlFunction, runner: &Runner) {
        let inner =
            if function.definer { Runner::Owner(function.owner.clone()) } else { runner.clone() };
        if !walk.visited.insert((function.signature.clone(), inner.clone())) {
            return;
        }
        let body = self.body(function);
        walk.reach.asks |= tests_caller(&body);
        walk.reach.compares |= has_condition_on_caller(&body);
        walk.reach.is_partly_open |= undoes_test(&body);
        if inner != Runner::Client && body.unread(function).is_some() {
            walk.reach.unread.get_or_insert(function.signature.clone());
        }
        walk.steps.push(function.signature.clone());
        for relation in self.named_relations(function, &body) {
            let writes = body.writes(&relation.name);
            if inner != Runner::Client {
                let mut commands = writes.clone();
                commands.retain(|command| self.may(walk.role, &inner, relation, *command));
                self.fire(walk, relation, &commands, &inner);
            }
            let reads =
                body.reads(&relation.name) || function.uses_relations.contains(&relation.name);
            if !writes.is_empty() {
                self.relation(walk, relation, &inner, true);
            } else if reads
                && function.returns != "void"
                && !function.is_trigger()
                && self.may(walk.role, &inner, relation, SqlCommand::Select)
            {
                self.relation(walk, relation, &inner, false);
            }
        }
        for callee in self.callees(function, &body) {
            if self.is_helper(callee) {
                let asks = self.asks(callee);
                walk.reach.asks |= asks;
                walk.reach.compares |= asks;
            } else if function.is_aggregate() || self.may_call(walk.role, &inner, callee) {
                // The owner of an aggregate needs EXECUTE on its functions, the caller does not.
                self.function(walk, callee, &inner);
            }
        }
        walk.steps.pop();
    }

    /// Follows the triggers that a write past row security fires; `runner` has the rights of those without SECURITY
    /// DEFINER. They neither ask who calls the function that writes nor hide what it does.
    fn fire(
        &self,
        walk: &mut Walk<'_>,
        written: &'a Relation,
        commands: &[SqlCommand],
        runner: &Runner,
    ) {
        let known = walk.reach.clone();
        for command in commands {
            let behind = self.tables_behind(written, walk.role, runner.clone(), *command);
            let tables = [written].into_iter().chain(behind);
            for fired in tables.flat_map(|table| self.triggers.fired(table, *command, None)) {
                let Some(function) = self.catalog.function(fired.function) else { continue };
                let owner = fired.owner.map(|owner| Runner::Owner(owner.to_owned()));
                self.function(walk, function, &owner.unwrap_or_else(|| runner.clone()));
            }
        }
        (walk.reach.asks, walk.reach.unread) = (known.asks, known.unread);
        (walk.reach.compares, walk.reach.is_partly_open) = (known.compares, known.is_partly_open);
    }

    fn body(&self, function: &'a SqlFunction) -> Rc<Body> {
        let mut bodies = self.bodies.borrow_mut();
        let body = bodies.entry(&function.signature);
        Rc::clone(body.or_insert_with(|| Rc::new(Body::new(&function.source))))
    }

    /// What a policy reads and calls, also through functions and views.
    pub(crate) fn called_by(&self, policy: &'a Policy) -> Called<'a> {
        let mut called = Called::default();
        let relations = policy.relations.iter().filter_map(|name| self.catalog.relation(name));
        let mut relations: Vec<_> = relations.collect();
        let functions = policy.functions.iter().filter_map(|f| self.catalog.function(f));
        let mut functions: Vec<_> = functions.filter(|f| !f.returns_claims()).collect();
        loop {
            if let Some(function) = functions.pop() {
                if called.functions.iter().any(|known| known.signature == function.signature) {
                    continue;
                }
                let body = self.body(function);
                relations.extend(self.named_relations(function, &body));
                functions.extend(self.callees(function, &body));
                called.functions.push(function);
            } else if let Some(relation) = relations.pop() {
                if called.relations.iter().any(|known| known.name == relation.name) {
                    continue;
                }
                if relation.kind == RelationKind::View {
                    relations
                        .extend(relation.reads.iter().filter_map(|r| self.catalog.relation(r)));
                    let calls = relation.calls.iter().filter_map(|f| self.catalog.function(f));
                    functions.extend(calls.filter(|f| !f.returns_claims()));
                }
                called.relations.push(relation);
            } else {
                return called;
            }
        }
    }

    /// The relations that a body names.
    fn named_relations(&self, function: &SqlFunction, body: &Body) -> Vec<&'a Relation> {
        let names: BTreeSet<&str> = body.tokens().iter().map(String::as_str).collect();
        let named = names.iter().filter_map(|name| self.relations.get(name)).flatten().copied();
        named
            .filter(|r| !function.parsed_body || function.uses_relations.contains(&r.name))
            .filter(|r| {
                body.reads(&r.name) || !body.writes(&r.name).is_empty() || function.parsed_body
            })
            .collect()
    }

    /// The functions that a body calls.
    fn callees(&self, function: &SqlFunction, body: &Body) -> Vec<&'a SqlFunction> {
        if function.is_aggregate() {
            let uses = function.uses_functions.iter();
            return uses.filter_map(|signature| self.catalog.function(signature)).collect();
        }
        let mut found: Vec<&'a SqlFunction> = Vec::new();
        let tokens = body.tokens();
        for (at, name) in tokens.iter().enumerate() {
            let Some(candidates) = self.functions.get(name.as_str()) else { continue };
            if tokens.get(at + 1).is_none_or(|next| next != "(") {
                continue;
            }
            let schema = (at >= 2 && tokens[at - 1] == ".").then(|| tokens[at - 2].as_str());
            let named = candidates.iter().copied().filter(|f| schema.is_none_or(|s| s == f.schema));
            let is_alias = schema.is_none() && self.is_alias(&tokens[..at]);
            let named = named.filter(|f| !is_alias && !f.is_trigger());
            found.extend(named.filter(|f| f.signature != function.signature));
        }
        found.retain(|f| !function.parsed_body || function.uses_functions.contains(&f.signature));
        // To mention the user is not yet to compare with the user: `caller` reads that in the body.
        found.retain(|f| !f.returns_claims());
        found.sort_by_key(|f| f.signature.as_str());
        found.dedup_by_key(|f| f.signature.as_str());
        found
    }

    /// Whether a name with brackets after these tokens is an alias with columns, or a table: `unnest(a) t(x)`.
    fn is_alias(&self, before: &[String]) -> bool {
        before.last().is_some_and(|last| {
            matches!(last.as_str(), "as" | ")" | "into" | "with")
                || self.relations.contains_key(last.as_str())
        })
    }

    /// The foreign tables among those that a client reaches.
    pub(crate) fn foreign(&self, reach: &ReachableTables) -> BTreeMap<String, Vec<String>> {
        let is_foreign = |name: &str| {
            self.catalog.relation(name).is_some_and(|r| r.kind == RelationKind::Foreign)
        };
        let mut foreign = reach.open.clone();
        foreign.retain(|name, _| is_foreign(name));
        foreign
    }

    /// The catalog.
    pub(crate) fn catalog(&self) -> &'a AccessCatalog {
        self.catalog
    }

    /// Whether the result of a function may depend on the caller. One whose body is not understood may.
    pub(crate) fn may_look_at_caller(&self, function: &'a SqlFunction) -> bool {
        self.may_look_within(function, &mut BTreeSet::new())
    }

    fn may_look_within(&self, function: &'a SqlFunction, visited: &mut BTreeSet<&'a str>) -> bool {
        if !visited.insert(&function.signature) {
            return false;
        }
        let body = self.body(function);
        // What an invoker reads is limited by the policies for the caller.
        let sees_less = |relation: &Relation| {
            !relation.is_table()
                || relation.rls && (!function.definer || self.is_bound(&function.owner, relation))
        };
        function.is_aggregate()
            || body.unread(function).is_some()
            || mentions_caller(&function.source)
            || self.named_relations(function, &body).into_iter().any(sees_less)
            || self.callees(function, &body).into_iter().any(|f| self.may_look_within(f, visited))
    }

    fn asks_within(&self, function: &'a SqlFunction, visited: &mut BTreeSet<&'a str>) -> bool {
        if !visited.insert(&function.signature) {
            return false;
        }
        let body = self.body(function);
        tests_caller(&body)
            || self.callees(function, &body).into_iter().any(|f| self.asks_within(f, visited))
    }

    /// Whether a table has row security or is in the contract.
    fn is_protected(&self, relation: &Relation) -> bool {
        relation.is_table() && (relation.rls || self.contract.tables.contains_key(&relation.name))
    }

    /// Whether a function returns a truth value to policies. It has to read more rows than the caller.
    pub(crate) fn is_helper(&self, function: &SqlFunction) -> bool {
        function.returns == "boolean"
            && (self.catalog.callers(&function.signature).next().is_some()
                || !function.policies_elsewhere.is_empty())
    }

    /// Whether another function, which does not run as its owner, calls this one.
    pub(crate) fn is_called_by_others(&self, function: &SqlFunction) -> bool {
        let callers = self.catalog.functions.iter().filter(|f| f.exposed && !f.definer);
        let mut callees = callers.flat_map(|f| self.callees(f, &self.body(f)));
        callees.any(|callee| callee.signature == function.signature)
    }

    fn owner(&self, name: &str) -> Option<&'a Role> {
        let catalog = self.catalog;
        catalog.owners.iter().chain(&catalog.roles).find(|role| role.name == name)
    }

    /// Whether row security binds an owner; superusers are not among the known owners.
    fn is_bound(&self, owner: &str, table: &Relation) -> bool {
        self.owner(owner).is_some_and(|owner| binds(table, owner))
    }

    /// Whether a write to a view changes its table. Rules are paths of their own.
    fn passes_on(&self, view: &Relation, command: SqlCommand) -> bool {
        view.passes_on.contains(&command) && view.rules.iter().all(|rule| rule.event != command)
    }

    fn may(&self, role: &Role, runner: &Runner, relation: &Relation, command: SqlCommand) -> bool {
        let runner = match runner {
            Runner::Client => Some(role),
            Runner::Owner(owner) => self.owner(owner),
        };
        runner.is_none_or(|r| r.superuser || relation.is_granted(&r.name, command))
    }

    fn may_call(&self, role: &Role, runner: &Runner, function: &SqlFunction) -> bool {
        let runner = match runner {
            Runner::Client => Some(role),
            Runner::Owner(owner) => self.owner(owner),
        };
        runner.is_none_or(|r| {
            r.superuser
                || (function.executable_by.contains(&r.name)
                    && r.schemas.contains(&function.schema))
        })
    }
}

/// The name without its schema and quotes, as a token of a body.
pub(crate) fn local(name: &str) -> &str {
    let local = match name.strip_prefix('"').and_then(|rest| rest.find("\".").map(|at| at + 2)) {
        Some(at) => &name[at + 1..],
        None => name.split_once('.').map_or(name, |(_, local)| local),
    };
    local.trim_matches('"')
}

/// The steps between the start and a table, for output: ` through a, b`.
pub(crate) fn via(steps: &[String]) -> String {
    match steps.get(1..) {
        Some(inner) if !inner.is_empty() => format!(" through {}", inner.join(", ")),
        _ => String::new(),
    }
}
