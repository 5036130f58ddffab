//! Direct calls of the helper functions of policies, with workspaces of the test role, of others,
//! and NULL.

use super::probe_batch::{ProbeError, ProbeResult};
use super::sample::{ProbeSample, ProbeTarget};
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::tested::{HelperCall, TestRole};
use crate::facts::access::{AccessCatalog, AccessTests};
use crate::queue::sql::{ident, literal};

/// Argument of a helper call and the expected result.
pub(crate) struct Argument {
    /// Workspace id; SQL NULL if `None`.
    value: Option<String>,
    description: &'static str,
    expected: bool,
}

/// Returns the boolean helpers of a table's policies that take only the workspace. Volatile helpers
/// might write and are recorded as blocked.
pub(crate) fn find<'a>(
    catalog: &'a AccessCatalog,
    target: &ProbeTarget<'_>,
    observations: &mut AccessTests,
) -> Vec<&'a SqlFunction> {
    let Some(workspace) = target.declared.workspace_column.as_deref().map(as_deparsed) else {
        return vec![];
    };
    let mut helpers: Vec<&SqlFunction> = Vec::new();
    for policy in catalog.policies_on(&target.table.name) {
        for function in policy.functions.iter().filter_map(|f| catalog.function(f)) {
            let call = format!("{}({tenant})", function.name, tenant = workspace);
            let mut expressions = [&policy.using, &policy.check].into_iter().flatten();
            let takes_workspace = expressions.any(|expression| expression.contains(&call));
            let known = helpers.iter().any(|helper| helper.signature == function.signature);
            let is_predicate = function.returns == "boolean" && function.arguments.len() == 1;
            if !takes_workspace || known || !is_predicate {
                continue;
            }
            if function.volatile {
                let reason = "it is VOLATILE: calling it might write".to_owned();
                observations.block(function.signature.clone(), reason);
                continue;
            }
            helpers.push(function);
        }
    }
    helpers
}

/// Returns whether the grants of a role allow it to call the helper.
pub(crate) fn may_call(catalog: &AccessCatalog, role: TestRole, helper: &SqlFunction) -> bool {
    let name = role.role();
    let usage = catalog.role(name).is_some_and(|role| role.schemas.contains(&helper.schema));
    usage && helper.executable_by.iter().any(|role| role == name)
}

/// Quotes a name only if necessary, as the server does in deparsed expressions.
fn as_deparsed(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { ident(name) }
}

/// Returns workspaces of the sampled member, workspaces of others, and NULL, with the results
/// expected for `role`.
pub(crate) fn arguments(sample: &ProbeSample, role: TestRole) -> Vec<Argument> {
    let member = role == TestRole::Member;
    let own = if member { "a workspace of their own" } else { "a workspace" };
    let argument = |workspace: &String, description, expected| Argument {
        value: Some(workspace.clone()),
        description,
        expected,
    };
    let mut arguments: Vec<_> =
        sample.own_tenants.iter().map(|workspace| argument(workspace, own, member)).collect();
    let others = sample.foreign_tenants.iter();
    arguments.extend(others.map(|workspace| argument(workspace, "another workspace", false)));
    arguments.push(Argument { value: None, description: "NULL", expected: false });
    arguments
}

/// Returns one statement for all arguments, with a row for each result.
pub(crate) fn call_statement(helper: &SqlFunction, arguments: &[Argument]) -> String {
    let argument_type = helper.arguments.first().map_or("text", String::as_str);
    let calls = arguments.iter().map(|argument| {
        let value = argument.value.as_deref().map_or("null".to_owned(), literal);
        format!("select {}({value}::{kind})::text", helper.name, kind = argument_type)
    });
    calls.collect::<Vec<_>>().join(" union all ")
}

/// Records the results of a helper.
pub(crate) fn record(
    helper: &SqlFunction,
    arguments: Vec<Argument>,
    result: ProbeResult,
    role: TestRole,
    observations: &mut AccessTests,
) {
    let results = match result {
        Ok(rows) => rows.into_iter().map(|row| Ok(row.as_deref() == Some("true"))).collect(),
        Err(ProbeError::Denied(_) | ProbeError::Unresolved(_)) => {
            vec![Err("permission denied".to_owned())]
        }
        Err(ProbeError::Constraint) => vec![Err("a constraint".to_owned())],
        Err(ProbeError::Failed(_, error)) => vec![Err(error)],
        Err(ProbeError::Blocked(reason)) => {
            observations.block(helper.signature.clone(), reason);
            return;
        }
    };
    for (argument, answer) in arguments.into_iter().zip(results) {
        observations.helpers.push(HelperCall {
            function: helper.signature.clone(),
            persona: role,
            argument: argument.description,
            expected: argument.expected,
            answer,
        });
    }
}
