//! Merges effects (access that differs from the contract) into the flaws of the catalog that explain them.

use super::effect::{Effect, Statement, sentences};
use super::{
    access, column_grant, contract_policy, dead_policy, helper, helper_body, off, policies_off,
    policy_fails,
};
use crate::facts::access::Audit;
use crate::facts::access::contract::Permission;
use crate::facts::{Finding, Status};

/// The ids of the catalog checks whose findings can explain an effect.
const EXPLAINING: [&str; 8] = [
    policies_off::CHECK.id,
    off::CHECK.id,
    policy_fails::CHECK.id,
    dead_policy::CHECK.id,
    contract_policy::CHECK.id,
    column_grant::CHECK.id,
    helper::CHECK.id,
    helper_body::CHECK.id,
];

/// A finding with what the effects merged into it state.
struct Merged {
    finding: Finding,
    expected: Vec<Permission>,
    /// The roles of which its message says what they can do.
    said_can: Vec<String>,
}

/// Merges each CRITICAL effect into the finding that explains it and makes that finding CRITICAL. An effect without
/// such a finding is a finding of its own.
pub(super) fn merge(
    audit: &Audit,
    flaws: impl Iterator<Item = Finding>,
    effects: impl Iterator<Item = Effect>,
) -> Vec<Finding> {
    let merged = |finding| Merged { finding, expected: Vec::new(), said_can: Vec::new() };
    let mut all: Vec<Merged> = flaws.map(merged).collect();
    for effect in effects {
        let cause = Some(&effect.finding).filter(|f| f.status == Status::Critical);
        match cause.and_then(|effect| cause_of(audit, &all, effect)) {
            Some(at) => all[at].add(effect),
            None => {
                let mut new = merged(effect.finding.clone());
                new.state(&effect);
                all.push(new);
            }
        }
    }
    all.into_iter().map(|merged| merged.finding).collect()
}

/// Returns the index of the finding that explains an effect.
///
/// Of several findings about a table, the one about the policy that causes the effect is used, then one that concerns
/// its role, then one about the whole table. An effect of a policy is explained by a finding about that policy only.
fn cause_of(audit: &Audit, all: &[Merged], effect: &Finding) -> Option<usize> {
    let find = |is_cause: &dyn Fn(&Finding) -> bool| {
        all.iter().position(|m| m.finding.subject == effect.subject && is_cause(&m.finding))
    };
    let is_explaining = |f: &Finding| EXPLAINING.contains(&f.check);
    let role = effect.roles.first();
    let policy = effect
        .policy
        .clone()
        .or_else(|| role.and_then(|role| contract_policy::cause(audit, &effect.subject, role)));
    let is_about_policy = |f: &Finding| {
        let is_changed = f.check == contract_policy::CHECK.id;
        let is_about = is_changed || (is_explaining(f) && effect.policy.is_some());
        is_about && policy.is_some() && f.policy == policy
    };
    let concerns_role = |f: &Finding| {
        let is_other_policy = f.check == contract_policy::CHECK.id && policy.is_some();
        is_explaining(f) && !is_other_policy && role.is_some_and(|role| f.roles.contains(role))
    };
    let is_about_table = |f: &Finding| is_explaining(f) && f.policy.is_none() && f.roles.is_empty();
    if effect.policy.is_some() {
        return find(&is_about_policy);
    }
    find(&is_about_policy)
        .or_else(|| find(&concerns_role))
        .or_else(|| find(&is_about_table))
        .or_else(|| find(&|f| f.check == access::CHECK.id))
}

impl Merged {
    /// Adds an effect: first what a role can do, then the cause, then what the tests showed.
    fn add(&mut self, effect: Effect) {
        let message = match &effect.statement {
            Statement::Tested(differences) => {
                let role = effect.finding.roles.first().map_or("", String::as_str);
                let is_said = self.said_can.iter().any(|known| known == role);
                let tested = sentences(differences, role, &self.expected, is_said);
                format!("{}. Tested: {tested}", self.finding.message)
            }
            // The message of the finding begins with an effect.
            _ if self.finding.check == access::CHECK.id || !self.expected.is_empty() => {
                format!("{}; {}", effect.finding.message, self.finding.message)
            }
            _ => format!("{}. {}", effect.finding.message, capitalized(&self.finding.message)),
        };
        self.state(&effect);
        let finding = &mut self.finding;
        finding.status = Status::Critical;
        finding.message = message;
        finding.roles.extend(effect.finding.roles);
        finding.brief = finding.brief.take().or(effect.finding.brief);
    }

    /// Notes what an effect states.
    fn state(&mut self, effect: &Effect) {
        match &effect.statement {
            Statement::Computed { expected, says_can } => {
                self.expected.extend(expected.iter().cloned());
                self.said_can.extend(effect.finding.roles.iter().filter(|_| *says_can).cloned());
            }
            Statement::Tested(differences) => {
                self.expected.extend(differences.iter().map(|d| d.expected.clone()));
            }
            Statement::Other => {}
        }
    }
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |c| c.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::effect::TestDifference;
    use super::super::tested;
    use super::super::tested::tests::audit;
    use super::*;
    use crate::facts::access::SqlCommand;

    fn computed(table: &str, role: &str, message: &str) -> Effect {
        let finding = access::CHECK.finding(Status::Critical, table, message).roles([role]);
        let statement = Statement::Computed { expected: vec![Permission::Deny], says_can: true };
        Effect { finding, statement }
    }

    fn messages(flaws: Vec<Finding>, effects: Vec<Effect>) -> Vec<String> {
        let merged = merge(&audit(true), flaws.into_iter(), effects.into_iter());
        assert!(merged.iter().all(|finding| finding.status == Status::Critical), "{merged:?}");
        merged.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn effect_is_merged_into_the_explaining_finding() {
        let flaw = || dead_policy::CHECK.finding(Status::Warning, "public.t", "no grant");
        let found = messages(vec![flaw()], vec![computed("public.t", "anon", "reads nothing")]);
        assert_eq!(found, ["reads nothing. No grant"]);
        let flaw = Finding { status: Status::Critical, ..flaw() };
        let found = messages(vec![flaw], vec![computed("public.other", "anon", "reads nothing")]);
        assert_eq!(found, ["no grant", "reads nothing"]);
    }

    /// Returns a test of `anon` with one result that differs from the contract.
    fn test_of_anon(expected: Permission) -> Effect {
        let finding = tested::CHECK.finding(Status::Critical, "public.t", "T").roles(["anon"]);
        let difference = TestDifference {
            users: vec!["anon"],
            command: SqlCommand::Select,
            result: "40 of 40 sampled rows were readable".to_owned(),
            expected,
        };
        Effect { finding, statement: Statement::Tested(vec![difference]) }
    }

    #[test]
    fn test_result_repeats_only_what_the_message_does_not_state() {
        let flaw = || off::CHECK.finding(Status::Critical, "public.t", "RLS is off");
        let says = |says_can: bool, expected: &Permission| {
            let expected = vec![expected.clone()];
            let statement = Statement::Computed { expected, says_can };
            Effect { statement, ..computed("public.t", "anon", "anon can read every row") }
        };
        let result = |says_can, expected: Permission| {
            let effects = vec![says(says_can, &expected), test_of_anon(expected)];
            messages(vec![flaw()], effects).concat()
        };
        let start = "anon can read every row. RLS is off. Tested: ";
        let rows = "40 of 40 sampled rows were readable";
        assert_eq!(result(true, Permission::Deny), format!("{start}{rows}"));
        assert_eq!(result(false, Permission::Deny), format!("{start}anon: {rows}"));
        let own = Permission::Rows(Some("id = auth.uid()".to_owned()));
        let rule = "(expected: rows where id = auth.uid())";
        assert_eq!(result(true, own), format!("{start}{rows} {rule}"));
        let alone = messages(vec![flaw()], vec![test_of_anon(Permission::Deny)]).concat();
        assert_eq!(alone, format!("RLS is off. Tested: anon: {rows} (expected: no rows)"));
    }

    #[test]
    fn effect_is_not_explained_by_another_policy_or_role() {
        let flaw = |roles: &[&str], policy: &str| {
            let flaw = contract_policy::CHECK.finding(Status::Critical, "public.t", "policy added");
            flaw.roles(roles.iter().copied()).policy(policy)
        };
        let reads = || computed("public.t", "authenticated", "cannot read");
        let found = messages(vec![flaw(&["anon"], "leak")], vec![reads()]);
        assert_eq!(found, ["policy added", "cannot read"]);
        let of_policy = || Effect::of(Finding { policy: Some("p".into()), ..reads().finding });
        let found = messages(vec![flaw(&[], "leak")], vec![of_policy()]);
        assert_eq!(found, ["policy added", "cannot read"]);
        let found = messages(vec![flaw(&[], "p")], vec![of_policy()]);
        assert_eq!(found, ["cannot read. Policy added"]);
    }

    #[test]
    fn effect_is_merged_by_its_role_and_not_by_words() {
        let flaw = |role: &str| {
            let flaw = off::CHECK.finding(Status::Critical, "public.t", "a b and anon; clerk");
            flaw.roles([role])
        };
        let effect = computed("public.t", "front desk: clerk", "E");
        let found = messages(vec![flaw("anon"), flaw("front desk: clerk")], vec![effect]);
        assert_eq!(found, ["a b and anon; clerk", "E. A b and anon; clerk"]);
    }
}
