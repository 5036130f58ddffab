//! Text of policy expressions: normalization, to compare and show them. PostgreSQL evaluates them.

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

/// The parts of an expression that are combined by OR, or the expression itself.
pub(crate) fn alternatives(text: &str) -> Vec<&str> {
    split(strip_brackets(text), " OR ")
}

/// The parts of an expression that are combined by AND, or the expression itself.
pub(crate) fn requirements(text: &str) -> Vec<&str> {
    split(strip_brackets(text), " AND ")
}

/// Splits a deparsed expression, in which PostgreSQL sets brackets around every operand, at an operator outside of
/// brackets.
fn split<'a>(text: &'a str, operator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            (' ', None) if depth == 0 && at >= start && text[at..].starts_with(operator) => {
                parts.push(&text[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The expression without brackets around it.
pub(crate) fn strip_brackets(text: &str) -> &str {
    let mut text = text.trim();
    while text.starts_with('(') && closing(text) == Some(text.len() - 1) {
        text = text[1..text.len() - 1].trim();
    }
    text
}

/// Returns the operand of a comparison with itself: `m.org_id = m.org_id`.
pub(crate) fn self_comparison(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"');
    text.match_indices(" = ").find_map(|(at, operator)| {
        let left = &text[..at];
        let left = left.rfind(|c| !is_name(c)).map_or(left, |end| &left[end + 1..]);
        let right = &text[at + operator.len()..];
        let right = &right[..right.find(|c| !is_name(c)).unwrap_or(right.len())];
        let is_column = left.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '"'));
        let is_call = text[at + operator.len() + right.len()..].starts_with('(');
        (left == right && is_column && !is_call && !matches!(left, "true" | "false"))
            .then_some(left)
    })
}

/// Whether an expression asks whether a column is NULL.
pub(crate) fn is_null_test(text: &str, column: &str) -> bool {
    let quoted = format!("\"{column}\"");
    [column, quoted.as_str()].iter().any(|name| text.contains(&format!("{name} IS NULL")))
}

/// Replaces a call by a value where the call is a word of its own.
pub(crate) fn replace_call(text: &str, call: &str, value: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"');
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(call) {
        let before = &rest[..at];
        let joined = call.starts_with(is_name) && before.ends_with(is_name);
        out.push_str(before);
        out.push_str(if joined { call } else { value });
        rest = &rest[at + call.len()..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparison_of_a_column_with_itself_is_found() {
        assert_eq!(self_comparison("(m.org_id = m.org_id)"), Some("m.org_id"));
        assert_eq!(self_comparison("(parent = parent)"), Some("parent"));
        assert_eq!(self_comparison("(a.id = b.id) AND (1 = 1) AND (f(x) = f(x))"), None);
    }

    #[test]
    fn expressions_are_split_outside_of_brackets_and_quotes() {
        let text = "((name = ' OR '::text) OR (a AND (b OR c)))";
        assert_eq!(alternatives(text), ["(name = ' OR '::text)", "(a AND (b OR c))"]);
        assert_eq!(requirements("(a AND (b OR c))"), ["a", "(b OR c)"]);
        assert_eq!(alternatives("published"), ["published"]);
        assert_eq!(alternatives("(\"a OR b\" OR c)"), ["\"a OR b\"", "c"]);
    }

    #[test]
    fn calls_are_replaced_as_words() {
        assert_eq!(
            replace_call("my_auth.uid() = auth.uid()", "auth.uid()", "1"),
            "my_auth.uid() = 1"
        );
    }

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
}
