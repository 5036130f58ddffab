//! The helpers of policies, called directly: is somebody a member, a stranger, of nothing at all?

use super::probe_batch::{ProbeAnswer, ProbeError};
use super::sample::{ProbeSample, ProbeTarget};
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::tested::{HelperCall, TestRole};
use crate::facts::access::{AccessCatalog, Observations};
use crate::queue::sql::{ident, literal};

/// What a helper is asked about, in words, and what it should say.
pub struct Argument {
    value: Option<String>,
    word: &'static str,
    expected: bool,
}

/// The helpers that decide by the tenant alone and that cannot write when called.
pub fn find<'a>(
    catalog: &'a AccessCatalog,
    target: &ProbeTarget<'_>,
    seen: &mut Observations,
) -> Vec<&'a SqlFunction> {
    let Some(tenant) = target.declared.tenant.as_deref().map(as_deparsed) else { return vec![] };
    let mut helpers: Vec<&SqlFunction> = Vec::new();
    for policy in catalog.policies_on(&target.table.name) {
        for function in policy.functions.iter().filter_map(|f| catalog.function(f)) {
            let asked = format!("{}({tenant})", function.name);
            let text = [&policy.using, &policy.check].into_iter().flatten();
            let by_tenant = text.into_iter().any(|text| text.contains(&asked));
            let known = helpers.iter().any(|h| h.signature == function.signature);
            let asks_yes_or_no = function.returns == "boolean" && function.arguments.len() == 1;
            if !by_tenant || known || !asks_yes_or_no {
                continue;
            }
            if function.volatile {
                let why = "it is VOLATILE: calling it might write".to_owned();
                seen.blocked.push((function.signature.clone(), why));
                continue;
            }
            helpers.push(function);
        }
    }
    helpers
}

/// Whether a call by name would get as far as the helper; if not, the catalog has said so already.
pub fn may_call(catalog: &AccessCatalog, persona: TestRole, helper: &SqlFunction) -> bool {
    let name = persona.role();
    let usage = catalog.role(name).is_some_and(|role| role.schemas.contains(&helper.schema));
    usage && helper.executable_by.iter().any(|role| role == name)
}

/// The server quotes a name only where it must.
fn as_deparsed(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { ident(name) }
}

/// Workspaces of both sides, and none.
pub fn arguments(sample: &ProbeSample, persona: TestRole) -> Vec<Argument> {
    let member = persona == TestRole::Member;
    let own = if member { "a workspace of their own" } else { "a workspace" };
    let argument =
        |tenant: &String, word, expected| Argument { value: Some(tenant.clone()), word, expected };
    let mut arguments: Vec<_> =
        sample.own_tenants.iter().map(|t| argument(t, own, member)).collect();
    let others = sample.foreign_tenants.iter();
    arguments.extend(others.map(|t| argument(t, "another workspace", false)));
    arguments.push(Argument { value: None, word: "NULL", expected: false });
    arguments
}

/// One statement for all arguments: an answer a row.
pub fn calls(helper: &SqlFunction, arguments: &[Argument]) -> String {
    let kind = helper.arguments.first().map_or("text", String::as_str);
    let calls = arguments.iter().map(|argument| {
        let value = argument.value.as_deref().map_or("null".to_owned(), literal);
        format!("select {}({value}::{kind})::text", helper.name)
    });
    calls.collect::<Vec<_>>().join(" union all ")
}

/// Notes what a helper said.
pub fn note(
    helper: &SqlFunction,
    arguments: Vec<Argument>,
    answer: ProbeAnswer,
    persona: TestRole,
    seen: &mut Observations,
) {
    let answers = match answer {
        Ok(answers) => answers.into_iter().map(|a| Ok(a.as_deref() == Some("true"))).collect(),
        Err(ProbeError::Denied) => vec![Err("permission denied".to_owned())],
        Err(ProbeError::Constraint) => vec![Err("a constraint".to_owned())],
        Err(ProbeError::Failed(why)) => vec![Err(why)],
        Err(ProbeError::Blocked(why)) => {
            seen.blocked.push((helper.signature.clone(), why));
            return;
        }
    };
    for (argument, answer) in arguments.into_iter().zip(answers) {
        seen.helpers.push(HelperCall {
            function: helper.signature.clone(),
            persona,
            argument: argument.word,
            expected: argument.expected,
            answer,
        });
    }
}
