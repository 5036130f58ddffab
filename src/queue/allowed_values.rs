//! The values that a CHECK constraint allows, if it is a plain list.

/// Values that a constraint allows, and whether it holds for all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowedValues {
    /// The values.
    pub(crate) values: Vec<String>,
    /// Whether existing rows were validated.
    pub(crate) validated: bool,
}

/// Reads `CHECK (column = ANY (ARRAY['a', 'b']))`, `CHECK (column = 'a' OR column = 'b')` and the like, as the
/// server deparses them. `None` for a constraint of another column or form, which proves nothing.
pub(crate) fn parse(definition: &str, column: &str) -> Option<AllowedValues> {
    let (body, validated) = match definition.strip_suffix(" NOT VALID") {
        Some(body) => (body, false),
        None => (definition, true),
    };
    let mut values = Vec::new();
    let mut code = String::new();
    let mut rest = body.strip_prefix("CHECK ")?;
    while let Some((before, quoted)) = rest.split_once('\'') {
        code.push_str(before);
        let mut value = String::new();
        let mut quoted = quoted;
        loop {
            let (part, after) = quoted.split_once('\'')?;
            value.push_str(part);
            match after.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    quoted = more;
                }
                None => {
                    rest = after;
                    break;
                }
            }
        }
        values.push(value);
        code.push('?');
    }
    code.push_str(rest);
    let is_list =
        !values.is_empty() && without_casts(&code).split("OR").all(|term| is_term(term, column));
    is_list.then_some(AllowedValues { values, validated })
}

/// Whether a term of the constraint compares only this column with a list of values, or allows NULL.
fn is_term(term: &str, column: &str) -> bool {
    let Some(comparison) = term.strip_prefix(column) else { return false };
    let list = comparison.strip_prefix("=ANYARRAY").or_else(|| comparison.strip_prefix('='));
    comparison == "ISNULL" || list.is_some_and(|list| list.split(',').all(|value| value == "?"))
}

/// The code without casts, parentheses, quotes and spaces.
fn without_casts(code: &str) -> String {
    let mut parts = code.split("::");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| plain.push_str(after_type(part)));
    plain.retain(|c| !"()[]\" ".contains(c));
    plain
}

/// What follows a type: `text`, `character varying(20)`, `public."State"[]`.
fn after_type(code: &str) -> &str {
    let is_name = |c: char| c.is_alphanumeric() || "_.\"".contains(c);
    let rest = code.trim_start_matches(is_name);
    let rest = rest.strip_prefix(" varying").unwrap_or(rest);
    let length = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'));
    match length {
        Some((digits, after)) if digits.bytes().all(|b| b.is_ascii_digit()) => after,
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_are_read_in_every_spelling_of_the_server() {
        for definition in [
            "CHECK ((state = ANY (ARRAY['a'::text, 'b'::text])))",
            "CHECK (((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
            "CHECK (((state = 'a'::text) OR (state = 'b'::text)))",
            "CHECK (((\"state\" IS NULL) OR (state = ANY (ARRAY['a'::text, 'b'::text]))))",
            "CHECK (((state)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying(9))::text])))",
            "CHECK (((state = 'a'::public.\"State\") OR (state = 'b'::public.\"State\")))",
            "CHECK ((state = ANY (ARRAY['a'::bpchar, 'b'::bpchar]))) NOT VALID",
        ] {
            let allowed = parse(definition, "state").unwrap_or_else(|| panic!("{definition}"));
            assert_eq!(allowed.values, ["a", "b"], "{definition}");
            assert_eq!(allowed.validated, !definition.ends_with("VALID"));
            assert_eq!(parse(definition, "status"), None);
        }
        assert_eq!(parse("CHECK ((state = 'it''s'::text))", "state").unwrap().values, ["it's"]);
    }

    #[test]
    fn other_constraints_prove_nothing() {
        for definition in [
            "CHECK ((state <> 'a'::text))",
            "CHECK (((state = 'a'::text) OR (kind = 'b'::text)))",
            "CHECK (((state = 'a'::text) AND (kind = 'b'::text)))",
            "CHECK ((lower(state) = ANY (ARRAY['a'::text])))",
            "CHECK ((NOT (state = 'a'::text)))",
            "CHECK (((state = 'a'::text) OR (attempts > 3)))",
            "CHECK ((char_length(state) > 0))",
            "CHECK ((state = 'a",
        ] {
            assert_eq!(parse(definition, "state"), None, "{definition}");
        }
    }
}
