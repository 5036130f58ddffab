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
    let mut before = before.iter().rev().copied().skip_while(|t| matches!(*t, "(" | "select"));
    // `'service_role' = (select auth.role())`
    let is_compared = before.next().is_some_and(|t| matches!(t, "=" | ">"));
    let first = before.find(|t| *t != "<").filter(|_| is_compared);
    let names: Vec<_> =
        near.chain(first).filter(|t| t.starts_with('\'') && *t != "'role'").collect();
    !names.is_empty() && !names.iter().any(|n| matches!(*n, "'authenticated'" | "'anon'"))
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
    }
}
