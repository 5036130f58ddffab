//! Finds the state column that claim functions read.
//!
//! No function of the server answers which column a worker claims by, so the source of the functions is
//! scanned. A function claims jobs if it updates the table and either locks rows with SKIP LOCKED or stores a
//! worker in a lock column. What decides is the column that it compares with a queued state in a condition;
//! what it assigns proves nothing, because functions that finish a job often write both columns.

use super::relation::Relation;
use super::state_names::{Lifecycle, role_of};

/// Columns that hold the worker of a claimed job.
const LOCK_COLUMNS: [&str; 2] = ["locked_by", "worker_id"];

/// Part of a function's source. Words and identifiers are in lower case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Literal(String),
    Symbol(char),
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text == word)
    }
}

/// Clause that a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Clause {
    /// Assignments of an UPDATE.
    Set,
    /// A condition on rows: WHERE, ON, HAVING.
    Where,
    /// A condition on values: WHEN, IF.
    Condition,
    Other,
}

/// Whether this function claims jobs of the table `public.jobs`.
pub(crate) fn is_claim_function(source: &str) -> bool {
    is_claim_of(source, &Relation::public("jobs"))
}

/// Whether this function claims jobs of a table.
pub(crate) fn is_claim_of(source: &str, relation: &Relation) -> bool {
    let tokens = tokens_about(source, &relation.name);
    let skips_locked =
        tokens.windows(2).any(|pair| pair[0].is_word("skip") && pair[1].is_word("locked"));
    has_update(&tokens, relation) && (skips_locked || assigns_lock(&tokens))
}

/// Whether this function updates jobs of the table `public.jobs`.
pub(crate) fn updates_jobs(source: &str) -> bool {
    let relation = Relation::public("jobs");
    has_update(&tokens_about(source, &relation.name), &relation)
}

/// Whether the source has an UPDATE of the jobs: a function may lock rows of another table and only mention them.
fn has_update(tokens: &[Token], relation: &Relation) -> bool {
    let (schema, table) = (relation.schema.to_lowercase(), relation.name.to_lowercase());
    tokens.iter().enumerate().any(|(at, token)| {
        let after = &tokens[at + 1..];
        let target = after.strip_prefix(&[Token::Word("only".to_owned())]).unwrap_or(after);
        token.is_word("update")
            && match target {
                [of, Token::Symbol('.'), name, ..] => of.is_word(&schema) && name.is_word(&table),
                [name, ..] => name.is_word(&table),
                [] => false,
            }
    })
}

/// Whether this function mentions a name anywhere.
pub(crate) fn mentions(source: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    tokens(source).iter().any(|token| token.is_word(&name))
}

/// Whether this function compares a column with a queued state in a condition.
pub(crate) fn reads_queued(source: &str, column: &str) -> bool {
    let tokens = tokens(source);
    let clauses = clauses(&tokens);
    let is_queued = |token: &Token| matches!(token, Token::Literal(value) if role_of(value) == Lifecycle::Queued);
    tokens.iter().enumerate().any(|(at, token)| {
        if !token.is_word(column) || !matches!(clauses[at], Clause::Where | Clause::Condition) {
            return false;
        }
        compared_values(&tokens[at + 1..]).iter().any(is_queued)
            || matches!(&tokens[..at], [.., value, Token::Symbol('=')] if is_queued(value))
            || matches!(
                &tokens[..at],
                [.., value, Token::Symbol('='), Token::Word(_), Token::Symbol('.')] if is_queued(value)
            )
    })
}

/// Whether this function assigns a column its own value plus something.
pub(crate) fn increments(source: &str, column: &str) -> bool {
    let tokens = tokens(source);
    let clauses = clauses(&tokens);
    tokens.iter().enumerate().any(|(at, token)| {
        let [Token::Symbol('='), assigned @ ..] = &tokens[at + 1..] else { return false };
        token.is_word(column)
            && clauses[at] == Clause::Set
            && clauses[at + 1] == Clause::Set
            && is_sum_with(column, assigned)
    })
}

/// Whether the expression at the start of these tokens adds something to a column.
fn is_sum_with(column: &str, tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    let ends = |token: &Token, depth: &mut usize| match token {
        Token::Symbol('(') => {
            *depth += 1;
            false
        }
        Token::Symbol(')') if *depth > 0 => {
            *depth -= 1;
            false
        }
        Token::Symbol(')' | ';') => true,
        Token::Symbol(',') => *depth == 0,
        Token::Word(word) => ["where", "from", "returning"].contains(&word.as_str()),
        _ => false,
    };
    let length = tokens.iter().take_while(|token| !ends(token, &mut depth)).count();
    let expression = &tokens[..length];
    expression.iter().any(|token| token.is_word(column)) && expression.contains(&Token::Symbol('+'))
}

/// Whether a lock column is assigned a value other than NULL.
pub(super) fn assigns_lock(tokens: &[Token]) -> bool {
    let clauses = clauses(tokens);
    tokens.windows(3).zip(clauses).any(|(window, clause)| {
        clause == Clause::Set
            && LOCK_COLUMNS.iter().any(|column| window[0].is_word(column))
            && window[1] == Token::Symbol('=')
            && !window[2].is_word("null")
    })
}

/// The values after a column in `= 'a'`, `in ('a', 'b')` or `= any (array['a', 'b'])`, casts included.
fn compared_values(tokens: &[Token]) -> Vec<Token> {
    let is_operator = |token: &&Token| match token {
        Token::Symbol(symbol) => "=([:,".contains(*symbol),
        Token::Word(word) => ["in", "any", "array", "text", "varchar"].contains(&word.as_str()),
        Token::Literal(_) => true,
    };
    let compared = tokens.iter().take_while(is_operator);
    compared.filter(|token| matches!(token, Token::Literal(_))).cloned().collect()
}

/// The clause of each token.
pub(super) fn clauses(tokens: &[Token]) -> Vec<Clause> {
    let mut clause = Clause::Other;
    // Clauses around parentheses and CASE expressions; `true` for a CASE.
    let mut outer: Vec<(Clause, bool)> = vec![];
    let mut found = Vec::with_capacity(tokens.len());
    for token in tokens {
        match token {
            Token::Symbol('(') => outer.push((clause, false)),
            Token::Symbol(')') => clause = outer.pop().map_or(Clause::Other, |(clause, _)| clause),
            Token::Symbol(';') => (clause, outer) = (Clause::Other, vec![]),
            Token::Word(word) => match word.as_str() {
                "case" => {
                    outer.push((clause, true));
                    clause = Clause::Other;
                }
                "end" if outer.last().is_some_and(|(_, case)| *case) => {
                    clause = outer.pop().map_or(Clause::Other, |(clause, _)| clause);
                }
                "set" => clause = Clause::Set,
                "where" | "on" | "having" => clause = Clause::Where,
                "when" | "if" | "elsif" => clause = Clause::Condition,
                "select" | "from" | "returning" | "order" | "group" | "limit" | "into" | "then"
                | "else" | "update" | "insert" | "values" => clause = Clause::Other,
                _ => {}
            },
            _ => {}
        }
        found.push(clause);
    }
    found
}

fn tokens(source: &str) -> Vec<Token> {
    tokens_about(source, "jobs")
}

/// Splits a source into tokens; comments are left out. Dynamic SQL, a literal that mentions the table, is split
/// as well.
pub(super) fn tokens_about(source: &str, table: &str) -> Vec<Token> {
    let table = table.to_lowercase();
    let mut tokens = vec![];
    for token in static_tokens(source) {
        match token {
            // Only one level: the source is untrusted, and nested quotes would nest the calls.
            Token::Literal(sql) if sql.to_lowercase().contains(&table) => {
                tokens.extend(static_tokens(&sql));
            }
            token => tokens.push(token),
        }
    }
    tokens
}

fn static_tokens(source: &str) -> Vec<Token> {
    let mut tokens = vec![];
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some((literal, after)) = literal(rest) {
            tokens.push(Token::Literal(literal));
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (name, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            tokens.push(Token::Word(name.to_lowercase()));
            rest = after;
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_lowercase()));
            rest = &rest[end..];
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Symbol(first));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

/// The quoted literal at the start of a source, and what follows it.
fn literal(source: &str) -> Option<(String, &str)> {
    if let Some(quoted) = source.strip_prefix('\'') {
        let mut search = 0;
        while let Some(end) = quoted[search..].find('\'').map(|end| search + end) {
            if !quoted[end + 1..].starts_with('\'') {
                return Some((quoted[..end].replace("''", "'"), &quoted[end + 1..]));
            }
            search = end + 2;
        }
        return Some((quoted.to_owned(), ""));
    }
    let name_end = source.strip_prefix('$')?.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    let tag = source.get(..name_end + 2).filter(|tag| tag.ends_with('$'))?;
    let (body, after) = source[tag.len()..].split_once(tag)?;
    Some((body.to_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Claim functions as people write them; all of them claim by `status`.
    const CLAIMS: [&str; 7] = [
        "update jobs set status = 'running', worker_id = w where id = (select id from jobs where status = 'queued' limit 1 for update skip locked)",
        "with n as (select c.id from public.jobs c where c.\"status\" = 'queued' and c.run_after <= now() for update skip locked) update public.jobs t set \"status\" = 'running', state = 'running' from n where n.id = t.id",
        "begin select * into r from jobs where status in ('pending', 'queued') for update skip locked; update jobs set state = 'running', status = 'running' where id = r.id; end",
        "update jobs set worker_id = w, attempts = attempts + 1, status = case when state = 'x' then 'running' else 'running' end where id = $1 and status = 'queued'",
        "-- where state = 'queued'\nupdate jobs set locked_by = w /* state = 'queued' */ where status::text = any (array['queued'::text])",
        "execute 'update jobs set status = ''running'' where id = (select id from jobs where status = ''queued'' for update skip locked)'",
        "execute $q$ update jobs j set worker_id = w where 'queued' = j.status $q$",
    ];

    #[test]
    fn claim_function_reads_the_column_of_its_condition() {
        for source in CLAIMS {
            assert!(is_claim_function(source), "{source}");
            assert!(reads_queued(source, "status"), "{source}");
            assert!(!reads_queued(source, "state"), "{source}");
            // The same with exchanged columns.
            let exchanged =
                source.replace("status", "\0").replace("state", "status").replace('\0', "state");
            assert!(reads_queued(&exchanged, "state"), "{exchanged}");
            assert!(!reads_queued(&exchanged, "status"), "{exchanged}");
        }
    }

    #[test]
    fn increment_of_a_column_is_found_in_every_spelling() {
        for (assignment, expected) in [
            ("attempts = attempts + 1", true),
            ("attempts = j.attempts + 1, locked_by = w", true),
            ("attempts = coalesce(attempts, 0) + 1", true),
            ("\"attempts\" = 1 + attempts", true),
            ("attempts = 0, priority = attempts + 1", false),
            ("locked_by = w, tries = attempts + 1", false),
            ("attempts = attempts", false),
        ] {
            let source =
                format!("update jobs j set {assignment} where id = 1 and attempts + 1 < 5");
            assert_eq!(increments(&source, "attempts"), expected, "{assignment}");
        }
    }

    #[test]
    fn functions_that_finish_or_release_jobs_claim_nothing() {
        for source in [
            "update jobs set status = 'succeeded', state = 'done', worker_id = null where id = j",
            "update jobs set last_heartbeat = now() where id = j and worker_id = w",
            "update jobs set state = 'queued', locked_by = NULL where state = 'dead_letter'",
            "select * from other for update skip locked",
            // Another table with the same column, and another schema.
            "select id from outbox where status = 'pending' for update skip locked; insert into jobs default values",
            "update archive.jobs set worker_id = w where status = 'queued'",
        ] {
            assert!(!is_claim_function(source), "{source}");
        }
    }

    #[test]
    fn recovery_of_stuck_jobs_reads_no_queued_state() {
        let source = "update jobs set state = 'queued' where id in (select id from jobs where state = 'running' for update skip locked)";
        assert!(!reads_queued(source, "state"));
    }

    #[test]
    fn deeply_nested_quotes_are_not_followed() {
        let open: String = (0..10_000).map(|n| format!("$a{n}$ ")).collect();
        let close: String = (0..10_000).rev().map(|n| format!("$a{n}$ ")).collect();
        assert!(!is_claim_function(&format!("{open} update jobs set worker_id = w {close}")));
    }

    #[test]
    fn unfinished_source_is_scanned_to_its_end() {
        for source in ["'jobs", "\"jobs", "/* jobs", "$a$ jobs", "jobs $", "((((", "end end ) ;"] {
            assert!(!is_claim_function(source), "{source}");
        }
    }
}
