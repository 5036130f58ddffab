//! Whether SQL tests who calls: compares the caller with data, not only asks whether somebody is signed in.

use super::body::Body;

/// Whether a body compares the user id or another claim of the caller. `auth.uid() IS NULL` compares nothing, and
/// `auth.role() = 'authenticated'` holds for every user.
pub(crate) fn tests_caller(body: &Body) -> bool {
    let tokens: Vec<&str> = body.tokens().iter().map(String::as_str).collect();
    if body.strings().any(|s| s.starts_with("request.jwt.claim") && s != "request.jwt.claim.role") {
        return true;
    }
    (0..tokens.len()).any(|at| match &tokens[at..] {
        ["auth", ".", "jwt", "(", ")", rest @ ..] => {
            names_user_claim(rest) || is_role_claim(rest) && is_backend_role(&tokens[..at], rest)
        }
        ["auth", ".", "role", "(", ")", rest @ ..] => is_backend_role(&tokens[..at], rest),
        ["current_setting", "(", "'request.jwt.claim.role'", rest @ ..] => {
            is_backend_role(&tokens[..at], rest)
        }
        ["auth", ".", "uid", "(", ")", ..] => compares_user(&tokens, at),
        _ => false,
    })
}

/// Whether SQL depends on who calls: it tests the caller, or reads a setting or the role of the session.
pub(crate) fn mentions_caller(sql: &str) -> bool {
    let body = Body::new(sql);
    let names_session = |token: &String| {
        matches!(
            token.as_str(),
            "current_setting"
                | "current_user"
                | "session_user"
                | "system_user"
                | "current_role"
                | "pg_has_role"
                | "inet_client_addr"
        ) || (token.starts_with("has_") && token.ends_with("_privilege"))
    };
    // PostgreSQL writes the keyword in upper case; a column of this name is quoted.
    let is_user = |word: &str| word == "USER";
    let mut words = sql.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    tests_caller(&body) || body.tokens().iter().any(names_session) || words.any(is_user)
}

/// Whether the claims after `auth.jwt()` say more than that a user is signed in: the role and the audience are the same
/// for all users. Without the name of a claim the value is used elsewhere.
fn names_user_claim(after: &[&str]) -> bool {
    let value = after.strip_prefix(&[")"]).unwrap_or(after);
    if matches!(value, ["is", "null", ..] | ["is", "not", "null", ..]) {
        return false;
    }
    !matches!(claim(after), Some("'role'" | "'aud'"))
}

fn is_role_claim(after: &[&str]) -> bool {
    claim(after) == Some("'role'")
}

/// The token that names the claim after `auth.jwt()`.
fn claim<'t>(after: &[&'t str]) -> Option<&'t str> {
    // `(auth.jwt() ->> 'claim')`
    let after = after.strip_prefix(&[")"]).unwrap_or(after);
    let operators = |t: &&&str| matches!(**t, "-" | ">" | "->" | "->>" | "#" | "#>" | "#>>");
    after.iter().find(|t| !operators(t)).copied()
}

/// Whether the comparison of the caller's role, between these tokens, names roles other than those of clients only.
fn is_backend_role(before: &[&str], after: &[&str]) -> bool {
    let is_end =
        |t: &&str| matches!(*t, ";" | "then" | "and" | "or" | "from" | "where" | "else" | "end");
    let near = after.iter().take(32).copied().take_while(|t| !is_end(t));
    // `'service_role'::text = (select auth.role())`
    let is_outer = |t: &&str| matches!(*t, "(" | "select");
    let end = before.iter().rposition(|t| !is_outer(t)).map_or(0, |at| at + 1);
    let first = match &before[..end] {
        [left @ .., "=" | ">"] => {
            let left = left.strip_suffix(&["<"]).unwrap_or(left);
            without_cast(left).last().copied()
        }
        _ => None,
    };
    let names: Vec<_> =
        near.chain(first).filter(|t| t.starts_with('\'') && *t != "'role'").collect();
    !names.is_empty() && !names.iter().any(|n| matches!(*n, "'authenticated'" | "'anon'"))
}

/// Tokens without the casts and parentheses at their end: `'x'::text`, `('x'::character varying)::text`.
fn without_cast<'s, 't>(tokens: &'s [&'t str]) -> &'s [&'t str] {
    let is_type = |t: &&str| t.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let value = tokens.iter().rposition(|t| !is_type(t)).map_or(&[][..], |at| &tokens[..=at]);
    match value {
        [value @ .., ":", ":"] | [value @ .., ")"] => without_cast(value),
        _ => tokens,
    }
}

/// Whether a condition of a body compares the caller: not only a value that it stores or returns.
pub(crate) fn has_condition_on_caller(body: &Body) -> bool {
    let tokens: Vec<&str> = body.tokens().iter().map(String::as_str).collect();
    let is_caller = |at: usize| match &tokens[at..] {
        ["auth", ".", "uid" | "jwt" | "role", "(", ..] => true,
        ["current_setting", "(", name, ..] => name.starts_with("'request.jwt"),
        _ => false,
    };
    let in_condition = |at: usize| {
        let keyword = tokens[..at].iter().rev().find_map(|t| match *t {
            "where" | "and" | "or" | "on" | "if" | "elsif" | "when" | "having" => Some(true),
            "set" | "values" | "return" | "into" | "returning" | ";" | "begin" | "declare" => {
                Some(false)
            }
            _ => None,
        });
        keyword == Some(true)
    };
    // `v uuid := auth.uid()`, `v uuid DEFAULT auth.uid()`, `SELECT auth.uid() INTO v`
    let variable = |at: usize| {
        let before = tokens[..at].iter().rev().filter(|t| !matches!(**t, "(" | "select"));
        match before.copied().take(4).collect::<Vec<_>>()[..] {
            ["=", ":", last, before] => vec![last, before],
            ["default", _, name, ..] => vec![name],
            _ => tokens[at..].windows(2).take(8).filter(|w| w[0] == "into").map(|w| w[1]).collect(),
        }
    };
    tests_caller(body)
        && (0..tokens.len()).filter(|at| is_caller(*at)).any(|at| {
            in_condition(at)
                || variable(at).into_iter().filter(|name| *name != ";").any(|name| {
                    let mut uses = (at..tokens.len()).filter(|use_at| tokens[*use_at] == name);
                    uses.any(in_condition)
                })
        })
}

/// Whether a query of a body also returns rows for which it does not test the caller: `OR true`, or a part of a UNION.
pub(crate) fn undoes_test(body: &Body) -> bool {
    let tokens: Vec<&str> = body.tokens().iter().map(String::as_str).collect();
    let is_true = |w: &[&str]| matches!(w, ["or", "true", ..] | ["or", "1", "=", "1"]);
    let is_open = (0..tokens.len()).any(|at| is_true(&tokens[at..(at + 4).min(tokens.len())]));
    let is_union = |statement: &[&str]| {
        let parts: Vec<_> = statement.split(|t| *t == "union").collect();
        let tests = |part: &&[&str]| {
            part.iter().any(|t| matches!(*t, "auth" | "current_setting")) || !part.contains(&"from")
        };
        parts.len() > 1 && parts.iter().any(tests) && !parts.iter().all(tests)
    };
    tests_caller(body) && (is_open || tokens.split(|t| *t == ";").any(is_union))
}

/// Whether the user id at a position is compared with data, directly or through a variable.
fn compares_user(tokens: &[&str], at: usize) -> bool {
    let mut end = at + 5;
    let mut start = at;
    // `( SELECT auth.uid() AS uid )` is the same value.
    while start >= 2 && tokens[start - 1] == "select" && tokens[start - 2] == "(" {
        start -= 2;
        if tokens.get(end) == Some(&"as") {
            end += 2;
        }
        if tokens.get(end) == Some(&")") {
            end += 1;
        }
    }
    let after = &tokens[end.min(tokens.len())..];
    if matches!(after, ["is", "null", ..] | ["is", "not", "null", ..]) {
        return false;
    }
    match (&tokens[..start], after) {
        // `v := auth.uid()`, or `v uuid := auth.uid()` in a declaration.
        ([.., before, variable, ":", "="], _) => {
            is_compared(tokens, variable) || is_compared(tokens, before)
        }
        ([.., variable, _, "default"], _) => is_compared(tokens, variable),
        (_, ["into", variable, ..]) => is_compared(tokens, variable),
        ([.., "perform"], [";", ..]) => false,
        _ => true,
    }
}

/// Whether a variable is compared with something, or passed to a function.
fn is_compared(tokens: &[&str], variable: &str) -> bool {
    let uses = tokens.iter().enumerate().filter(|(_, token)| **token == variable);
    uses.into_iter().any(|(at, _)| {
        let before = at.checked_sub(1).map(|b| tokens[b]);
        let after = tokens.get(at + 1).copied();
        let assigned = after == Some(":") || (before == Some("into"));
        let compared = matches!(after, Some("=" | "<")) || matches!(before, Some("=" | ">"));
        let passed = matches!(before, Some("(" | ",")) && matches!(after, Some(")" | ","));
        !assigned && (compared || passed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests(sql: &str) -> bool {
        tests_caller(&Body::new(sql))
    }

    #[test]
    fn comparison_with_data_tests_the_caller() {
        assert!(tests("select * from t where user_id = auth.uid()"));
        assert!(tests("select * from t where (select auth.uid()) = user_id"));
        assert!(tests(
            "begin if not is_member(w, auth.uid()) then raise exception 'x'; end if; end"
        ));
        assert!(tests(
            "declare u uuid := auth.uid(); begin return query select * from t where o = u; end"
        ));
        assert!(tests(
            "begin if auth.role() <> 'service_role' then raise exception 'x'; end if; end"
        ));
        assert!(tests("select 'service_role' = (select auth.role())"));
        assert!(tests("select auth.role() = 'service_role' or auth.role() = 'anon'"));
        assert!(tests("select (auth.jwt() ->> 'role') = 'service_role'"));
        assert!(tests("select 'service_role' = (select auth.jwt() ->> 'role')"));
        assert!(tests("select 'service_role'::text = (select (auth.jwt() ->> 'role'::text))"));
        assert!(tests("select ('service_role'::character varying)::text = auth.role()"));
        assert!(tests("select current_setting('request.jwt.claim.role', true) = 'service_role'"));
        assert!(tests("select current_setting('request.jwt.claims', true)"));
        assert!(tests("select * from t where org = auth.jwt() ->> 'org'"));
        assert!(tests("declare j jsonb := auth.jwt(); begin return j ->> 'sub' = u; end"));
    }

    #[test]
    fn signed_in_is_not_a_comparison() {
        assert!(!tests("begin if auth.uid() is null then raise exception 'x'; end if; end"));
        assert!(!tests("begin if (select auth.uid()) is not null then return; end if; end"));
        assert!(!tests(
            "declare u uuid := auth.uid(); begin if u is null then return; end if; end"
        ));
        assert!(!tests("begin if auth.role() = 'authenticated' then return; end if; end"));
        assert!(!tests("begin perform auth.uid(); end"));
        assert!(!tests("begin if auth.jwt() ->> 'aud' = 'authenticated' then return; end if; end"));
        assert!(!tests("select auth.role() in ('service_role', 'authenticated')"));
        assert!(!tests("select (auth.jwt() ->> 'role') = any (array['anon', 'service_role'])"));
        assert!(!tests("select 'authenticated' = (select auth.jwt() ->> 'role')"));
        assert!(!tests("begin if (auth.jwt() ->> 'role') = 'anon' then return; end if; end"));
        assert!(!tests("begin if auth.jwt() is null then raise exception 'x'; end if; end"));
        assert!(!tests("select 1 -- auth.uid() = user_id"));
        assert!(!tests("select 'authenticated'::text = auth.role()::text"));
        assert!(!tests("select current_setting('request.jwt.claim.role', true) = 'authenticated'"));
    }

    #[test]
    fn stored_value_is_not_a_condition() {
        let has = |sql: &str| has_condition_on_caller(&Body::new(sql));
        assert!(has("begin update t set a = 1 where id = x and owner = auth.uid(); end"));
        assert!(has("begin if not m(w, auth.uid()) then raise 'no'; end if; delete from t; end"));
        assert!(has("declare u uuid := auth.uid(); begin delete from t where owner = u; end"));
        assert!(has("begin select auth.uid() into u; delete from t where owner = u; end"));
        assert!(!has("begin insert into m values (w, auth.uid()); end"));
        assert!(!has("update t set owner = auth.uid() where id = x"));
        assert!(!has("declare u uuid := auth.uid(); begin insert into m values (w, u); end"));
    }

    #[test]
    fn part_without_a_test_undoes_it() {
        let undoes = |sql: &str| undoes_test(&Body::new(sql));
        assert!(undoes("select * from t where owner = auth.uid() or true"));
        assert!(undoes("select * from t where owner = auth.uid() union all select * from t"));
        assert!(!undoes(
            "select * from t where a = auth.uid() union select * from t where b = auth.uid()"
        ));
        assert!(!undoes("select * from t where owner = auth.uid() union all select null, 1"));
        assert!(!undoes("select * from t where owner = auth.uid() or is_public"));
    }
}
