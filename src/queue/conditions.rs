//! How the conditions of a function, or of an index, compare a column with values.

use super::claim::{Clause, Token, assigns_lock, clauses, tokens_about};

/// The table and columns that conditions are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// Name of the table, which dynamic SQL mentions.
    pub(crate) table: &'a str,
    /// The column whose comparisons are read.
    pub(crate) column: &'a str,
    /// The primary key.
    pub(crate) id: &'a str,
}

/// A comparison of a column in a condition on rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// What the column is compared with.
    pub(crate) with: ComparedWith,
    /// Whether the same condition selects rows by ids that the caller passes.
    pub(crate) is_by_id: bool,
    /// Whether the same condition contains an OR.
    pub(crate) has_or: bool,
}

/// What a column is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ComparedWith {
    /// It is one of these values.
    Is(Vec<String>),
    /// It is none of these values.
    IsNot(Vec<String>),
    /// A variable, an expression, or another operator.
    Unreadable,
}

/// Reads the comparisons of a column in the conditions on rows.
pub(crate) fn comparisons(source: &str, columns: Columns<'_>) -> Vec<Comparison> {
    let tokens = tokens_about(source, columns.table);
    let clauses = clauses(&tokens);
    let conditions = conditions(&tokens);
    let (column, id) = (columns.column.to_lowercase(), columns.id.to_lowercase());
    let is_column = |at: &usize| tokens[*at].is_word(&column) && clauses[*at] == Clause::Where;
    let read = |at: usize| {
        let same = |other: &usize| conditions[*other] == conditions[at];
        let mut others = (0..tokens.len()).filter(same);
        Some(Comparison {
            with: compared(&tokens[..at], &tokens[at + 1..])?,
            is_by_id: others.clone().any(|other| is_id_of_caller(&tokens, other, &id)),
            has_or: others.any(|other| tokens[other].is_word("or")),
        })
    };
    (0..tokens.len()).filter(is_column).filter_map(read).collect()
}

/// Whether this function gives jobs away: it stores a worker, or all that it assigns to the state is none of `others`,
/// the values of jobs that nobody runs.
pub(crate) fn hands_out(source: &str, columns: Columns<'_>, others: &[String]) -> bool {
    let tokens = tokens_about(source, columns.table);
    if assigns_lock(&tokens) {
        return true;
    }
    let clauses = clauses(&tokens);
    let column = columns.column.to_lowercase();
    let mut assigned = tokens.windows(3).zip(&clauses).filter_map(|(window, clause)| {
        let is_assigned =
            *clause == Clause::Set && window[0].is_word(&column) && window[1] == Token::Symbol('=');
        is_assigned.then_some(&window[2])
    });
    let is_other = |token: &Token| matches!(token, Token::Literal(value) if others.contains(value));
    match assigned.next() {
        Some(first) => !is_other(first) || assigned.any(|token| !is_other(token)),
        // The claim is in another column.
        None => true,
    }
}

/// Whether a condition on rows compares a column.
pub(crate) fn has_condition_on(source: &str, columns: Columns<'_>) -> bool {
    let tokens = tokens_about(source, columns.table);
    let clauses = clauses(&tokens);
    let column = columns.column.to_lowercase();
    let mut pairs = tokens.iter().zip(clauses);
    pairs.any(|(token, clause)| token.is_word(&column) && clause == Clause::Where)
}

/// The condition that each token belongs to, as the number of the word that begins it.
fn conditions(tokens: &[Token]) -> Vec<usize> {
    let (mut current, mut outer) = (0, vec![]);
    let mut found = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Symbol('(') => outer.push(current),
            Token::Symbol(')') => current = outer.pop().unwrap_or(at),
            Token::Symbol(';') => (current, outer) = (at, vec![]),
            Token::Word(word) => {
                let begins = [
                    "where",
                    "on",
                    "having",
                    "select",
                    "update",
                    "insert",
                    "delete",
                    "returning",
                    "order",
                    "group",
                    "limit",
                ];
                if begins.contains(&word.as_str()) {
                    current = at;
                }
            }
            Token::Literal(_) | Token::Symbol(_) => {}
        }
        found.push(current);
    }
    found
}

/// Whether the id is compared with a variable or parameter here, alone or as an array: `id = p_id`, `id = any($1)`.
fn is_id_of_caller(tokens: &[Token], at: usize, id: &str) -> bool {
    let is_word = |token: Option<&Token>, word: &str| token.is_some_and(|t| t.is_word(word));
    if !is_word(tokens.get(at), id) || tokens.get(at + 1) != Some(&Token::Symbol('=')) {
        return false;
    }
    let is_array = is_word(tokens.get(at + 2), "any");
    let value = tokens.get(at + if is_array { 4 } else { 2 }..).unwrap_or_default();
    // A qualified name is a column of a joined row.
    match value {
        [Token::Word(_), Token::Symbol('.'), ..] => false,
        [Token::Word(word), ..] => {
            !["select", "array", "any", "some", "all"].contains(&word.as_str())
        }
        [Token::Symbol('$'), ..] => true,
        _ => false,
    }
}

/// What the column between these tokens is compared with; `None` if only with NULL.
fn compared(before: &[Token], after: &[Token]) -> Option<ComparedWith> {
    let before = match before {
        [rest @ .., Token::Word(_), Token::Symbol('.')] => rest,
        rest => rest,
    };
    if let [.., Token::Literal(value), Token::Symbol('=')] = before {
        return Some(ComparedWith::Is(vec![value.clone()]));
    }
    let negated = match before {
        [.., not, Token::Symbol('(')] | [.., not] => not.is_word("not"),
        _ => false,
    };
    let with = match without_cast(after) {
        [Token::Word(is), Token::Word(null), ..] if is == "is" && null == "null" => return None,
        [Token::Word(is), Token::Word(not), Token::Word(null), ..]
            if is == "is" && not == "not" && null == "null" =>
        {
            return None;
        }
        [Token::Word(is), rest @ ..] if is == "is" => distinct(rest),
        [Token::Symbol('='), rest @ ..] => {
            values(rest).map_or(ComparedWith::Unreadable, ComparedWith::Is)
        }
        [Token::Word(word), rest @ ..] if word == "in" => {
            values(rest).map_or(ComparedWith::Unreadable, ComparedWith::Is)
        }
        [Token::Symbol('<'), Token::Symbol('>'), rest @ ..]
        | [Token::Symbol('!'), Token::Symbol('='), rest @ ..] => {
            values(rest).map_or(ComparedWith::Unreadable, ComparedWith::IsNot)
        }
        [Token::Word(not), Token::Word(word), rest @ ..] if not == "not" && word == "in" => {
            values(rest).map_or(ComparedWith::Unreadable, ComparedWith::IsNot)
        }
        _ => ComparedWith::Unreadable,
    };
    Some(match with {
        ComparedWith::Is(values) if negated => ComparedWith::IsNot(values),
        ComparedWith::IsNot(values) if negated => ComparedWith::Is(values),
        with => with,
    })
}

/// `distinct from 'a'`, `not distinct from 'a'`.
fn distinct(after: &[Token]) -> ComparedWith {
    let (is_same, after) = match after {
        [not, rest @ ..] if not.is_word("not") => (true, rest),
        rest => (false, rest),
    };
    let compared = match after {
        [distinct, from, rest @ ..] if distinct.is_word("distinct") && from.is_word("from") => {
            values(rest)
        }
        _ => None,
    };
    match compared {
        Some(values) if is_same => ComparedWith::Is(values),
        Some(values) => ComparedWith::IsNot(values),
        None => ComparedWith::Unreadable,
    }
}

/// The literals of `'a'`, `('a', 'b')`, `any (array['a', 'b'])`, `any ('{a,b}')`, casts included; `None` if another
/// expression is among them.
fn values(tokens: &[Token]) -> Option<Vec<String>> {
    let is_list = |token: &&Token| match token {
        Token::Word(word) => ["any", "all", "some", "array"].contains(&word.as_str()),
        Token::Symbol(symbol) => "([".contains(*symbol),
        Token::Literal(_) => false,
    };
    let opening = tokens.iter().take_while(is_list).count();
    let is_array = tokens[..opening].iter().any(|token| matches!(token, Token::Word(_)));
    let mut rest = &tokens[opening..];
    let mut values = vec![];
    loop {
        let [Token::Literal(value), after @ ..] = rest else { return None };
        match value.strip_prefix('{').and_then(|list| list.strip_suffix('}')).filter(|_| is_array) {
            Some(list) => {
                values.extend(list.split(',').map(|value| value.trim_matches('"').to_owned()))
            }
            None => values.push(value.clone()),
        }
        rest = match without_cast(after) {
            [Token::Symbol(','), more @ ..] if opening > 0 => more,
            // A concatenation is no value.
            [Token::Symbol('|'), ..] => return None,
            _ => return Some(values),
        };
    }
}

/// What follows casts: `::text`, `::public.job_state[]`, `::varchar(20)`. Parentheses around the cast value end there.
fn without_cast(mut tokens: &[Token]) -> &[Token] {
    loop {
        tokens = match tokens {
            [
                Token::Symbol(':'),
                Token::Symbol(':'),
                Token::Word(_),
                Token::Symbol('.'),
                Token::Word(_),
                rest @ ..,
            ]
            | [Token::Symbol(':'), Token::Symbol(':'), Token::Word(_), rest @ ..] => match rest {
                [Token::Symbol('('), Token::Word(_), Token::Symbol(')'), rest @ ..]
                | [Token::Symbol('['), Token::Symbol(']'), rest @ ..] => rest,
                [varying, rest @ ..] if varying.is_word("varying") => rest,
                rest => rest,
            },
            // The server deparses the column of a text comparison as `(state)::text`.
            [Token::Symbol(')'), rest @ ..]
                if rest.starts_with(&[Token::Symbol(':'), Token::Symbol(':')]) =>
            {
                rest
            }
            rest => return rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'_> = Columns { table: "jobs", column: "state", id: "id" };

    fn is(values: &[&str]) -> ComparedWith {
        ComparedWith::Is(values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn is_not(values: &[&str]) -> ComparedWith {
        ComparedWith::IsNot(values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn comparisons_are_read_in_every_spelling() {
        for (condition, expected) in [
            ("state = 'queued'", vec![is(&["queued"])]),
            ("j.\"state\" in ('queued', 'failed')", vec![is(&["queued", "failed"])]),
            ("state = any (array['queued', 'failed'])", vec![is(&["queued", "failed"])]),
            ("state = any ('{queued,failed}'::text[])", vec![is(&["queued", "failed"])]),
            (
                "((state)::text = ANY ((ARRAY['queued'::character varying, 'failed'::character varying])::text[]))",
                vec![is(&["queued", "failed"])],
            ),
            (
                "state = ANY (ARRAY['queued'::public.job_state, 'failed'::public.job_state])",
                vec![is(&["queued", "failed"])],
            ),
            ("'failed' = j.state", vec![is(&["failed"])]),
            ("state is not distinct from 'failed'", vec![is(&["failed"])]),
            ("id = 1 and state is not null", vec![]),
            ("state <> 'done'", vec![is_not(&["done"])]),
            ("state != 'done'", vec![is_not(&["done"])]),
            (
                "state not in ('done', 'failed') and state = 'queued'",
                vec![is_not(&["done", "failed"]), is(&["queued"])],
            ),
            ("not (state = 'failed')", vec![is_not(&["failed"])]),
            ("state <> all (array['done'])", vec![is_not(&["done"])]),
            ("state is distinct from 'failed'", vec![is_not(&["failed"])]),
            ("state = p_state", vec![ComparedWith::Unreadable]),
            ("state = any (p_states)", vec![ComparedWith::Unreadable]),
            ("state in (select name from states)", vec![ComparedWith::Unreadable]),
            ("state = 'fai' || 'led'", vec![ComparedWith::Unreadable]),
        ] {
            let source = format!("update jobs j set state = 'error' where {condition}");
            let read = comparisons(&source, COLUMNS);
            let read: Vec<_> = read.into_iter().map(|comparison| comparison.with).collect();
            assert_eq!(read, expected, "{condition}");
        }
    }

    #[test]
    fn job_that_the_caller_names_is_not_picked() {
        for (source, expected) in [
            ("update jobs set state = 'queued' where id = p_id and state = 'failed'", true),
            ("update jobs set state = 'queued' where state = 'failed' and jobs.id = $1", true),
            ("update jobs set state = 'queued' where state = 'failed' and id = any(p_ids)", true),
            (
                "update jobs j set state = 'running' from n where j.id = n.id and j.state = 'failed'",
                false,
            ),
            (
                "update jobs set state = 'running' where id = (select id from jobs where state = 'failed' limit 1)",
                false,
            ),
            (
                "update jobs set state = 'running' where id in (select id from jobs where (state = 'failed'))",
                false,
            ),
            (
                "select id into v_id from jobs where state = 'failed' limit 1; update jobs set state = 'running' where id = v_id",
                false,
            ),
        ] {
            let read = comparisons(source, COLUMNS);
            assert_eq!(read.iter().map(|c| c.is_by_id).collect::<Vec<_>>(), [expected], "{source}");
        }
    }

    #[test]
    fn function_that_only_queues_cancels_or_archives_hands_out_nothing() {
        let others: Vec<String> = ["queued", "failed", "canceled"].map(str::to_owned).into();
        for (source, expected) in [
            ("update jobs set state = 'running' where state = 'queued'", true),
            ("update jobs set state = v_state where state = 'queued'", true),
            ("update jobs set locked_at = now() where state = 'queued'", true),
            ("update jobs set state = 'queued', locked_by = null where state = 'failed'", false),
            ("update jobs set state = 'canceled' where state in ('queued', 'failed')", false),
            (
                "update jobs set state = 'queued' where locked_at < now(); update jobs set state = 'running'",
                true,
            ),
        ] {
            assert_eq!(hands_out(source, COLUMNS, &others), expected, "{source}");
        }
    }

    #[test]
    fn unfinished_source_is_read_to_its_end() {
        for source in [
            "where state",
            "where state =",
            "where state = any",
            "where id = ",
            "where id =any (",
            "where 'a' = ",
            "where not state in ('a'",
        ] {
            comparisons(source, COLUMNS);
        }
    }
}
