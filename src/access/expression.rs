//! Policy expressions: normalization, and evaluation as far as constants and the claims of a role allow it.

/// Normalizes an expression: no outer brackets, no `( SELECT f() AS f)` around a call, single spaces.
/// Expressions with the same meaning then often have the same form.
pub(crate) fn normalise(expression: &str) -> String {
    let mut text = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    while let Some(unwrapped) = unwrap_subselect(&text) {
        text = unwrapped;
    }
    strip_brackets(&text).to_owned()
}

/// Replaces the first `( SELECT expression AS name)` that reads no table by the expression.
fn unwrap_subselect(text: &str) -> Option<String> {
    const OPENING: &str = "( SELECT ";
    for (start, _) in text.match_indices(OPENING) {
        let Some(length) = closing(&text[start..]) else { continue };
        let inner = &text[start + OPENING.len()..start + length];
        if inner.contains(" FROM ") || inner.contains(OPENING) {
            continue;
        }
        let value = inner.rsplit_once(" AS ").map_or(inner, |(value, _)| value);
        let value = unqualified(value);
        return Some(format!("{}{value}{}", &text[..start], &text[start + length + 1..]));
    }
    None
}

/// Removes the table from column names: PostgreSQL deparses `jobs.workspace_id` in a sub-select and
/// `workspace_id` outside. Names of functions and types keep their schema.
fn unqualified(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
            c if is_name(c) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        let kept = c == '\'' || out.ends_with("::") || after.starts_with('(');
        let column = word.rsplit_once('.').map_or(word, |(_, column)| column);
        out.push_str(if kept || !is_name(c) { word } else { column });
        rest = after;
    }
    out
}

/// Byte offset of the bracket that closes the first one in `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn strip_brackets(text: &str) -> &str {
    let mut text = text.trim();
    while text.starts_with('(') && closing(text) == Some(text.len() - 1) {
        text = text[1..text.len() - 1].trim();
    }
    text
}

/// The value of an expression for this role; `None` if it depends on the row.
pub(crate) fn truth(expression: &str, role: &str) -> Option<bool> {
    let text = normalise(expression);
    let any = split(&text, " OR ");
    if any.len() > 1 {
        return combine(any.iter().map(|part| truth(part, role)), true);
    }
    let all = split(&text, " AND ");
    if all.len() > 1 {
        return combine(all.iter().map(|part| truth(part, role)), false);
    }
    atom(&text, role)
}

/// Combines values by OR (`decisive` is true) or AND (`decisive` is false); None is an unknown value.
fn combine(parts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!decisive)
}

fn atom(text: &str, role: &str) -> Option<bool> {
    match text {
        "true" => return Some(true),
        "false" | "NULL::boolean" => return Some(false),
        "auth.uid() IS NOT NULL" => return Some(role == "authenticated"),
        _ => {}
    }
    if let Some(negated) = text.strip_prefix("NOT ") {
        return truth(negated, role).map(|value| !value);
    }
    let sides = split(text, " = ");
    let [left, right] = sides.as_slice() else { return None };
    let (left, right) = (strip_brackets(left), strip_brackets(right));
    if left == right {
        return Some(true); // true for every row without NULL
    }
    match left {
        "auth.role()" | "auth.jwt() ->> 'role'::text" => {
            Some(right.trim_end_matches("::text").trim_matches('\'') == role)
        }
        _ => None,
    }
}

/// Splits an expression at an operator, outside of brackets and quotes.
pub(crate) fn split<'a>(text: &'a str, operator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            ' ' if !quoted && depth == 0 && at >= start && text[at..].starts_with(operator) => {
                parts.push(&text[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Whether an expression is true for `service_role` and false for `anon`: `auth.role() = 'service_role'`.
pub(crate) fn is_service_claim(expression: &str) -> bool {
    truth(expression, "service_role") == Some(true) && truth(expression, "anon") == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_calls_are_normalized() {
        assert_eq!(normalise("( SELECT auth.uid() AS uid)"), "auth.uid()");
        assert_eq!(normalise("(user_id = ( SELECT auth.uid() AS uid))"), "user_id = auth.uid()");
        let subquery = "( SELECT m.id FROM public.m)";
        assert_eq!(normalise(&format!("(id = {subquery})")), format!("id = {subquery}"));
        let member = "( SELECT public.is_member(jobs.id, 'a.b'::public.t) AS is_member)";
        assert_eq!(normalise(member), "public.is_member(id, 'a.b'::public.t)");
        assert_eq!(normalise("(a) = (b)"), "(a) = (b)");
        assert_eq!(normalise("name = ')'"), "name = ')'");
        assert_eq!(normalise("((("), "(((");
    }

    #[test]
    fn role_claims_are_evaluated_per_role() {
        let claim = "(( SELECT auth.role() AS role) = 'service_role'::text)";
        assert_eq!(truth(claim, "service_role"), Some(true));
        assert_eq!(truth(claim, "anon"), Some(false));
        assert!(is_service_claim(claim));
        assert!(!is_service_claim("true"));
        assert_eq!(truth("(auth.uid() IS NOT NULL)", "authenticated"), Some(true));
        assert_eq!(truth("(auth.uid() IS NOT NULL)", "anon"), Some(false));
    }

    #[test]
    fn constants_are_folded_through_or_and_and() {
        assert_eq!(truth("((x = 1) OR true)", "anon"), Some(true));
        assert_eq!(truth("((x = 1) AND false)", "anon"), Some(false));
        assert_eq!(truth("((x = 1) OR false)", "anon"), None);
        assert_eq!(truth("(1 = 1)", "anon"), Some(true));
        assert_eq!(truth("(workspace_id = workspace_id)", "anon"), Some(true));
        assert_eq!(truth("(NOT false)", "anon"), Some(true));
        assert_eq!(truth("(note = ' OR true'::text)", "anon"), None);
    }
}
