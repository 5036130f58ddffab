//! Policies with other rows in a table that they read: the text of a condition in which the calls of helpers are replaced
//! by their queries, and a table by a sub-select. PostgreSQL evaluates the result.

use super::body::Body;
use super::paths::local;
use super::tokens::{Token, tokens};
use crate::facts::access::AccessCatalog;
use crate::facts::access::catalog::{Relation, RelationKind, SqlFunction};

/// Helpers that call helpers, and views of views, are followed this far.
const MAX_DEPTH: usize = 6;

/// A condition with other rows in a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Substituted {
    /// Text.
    pub(crate) text: String,
    /// Whether the table occurs in it.
    pub(crate) reads_table: bool,
    /// The functions that read the table and whose queries are not known.
    pub(crate) unfollowed: Vec<String>,
}

/// Replaces a table by the rows of a query in a condition and in the queries of its helpers and views.
pub(crate) fn with_rows(
    catalog: &AccessCatalog,
    condition: &str,
    table: &Relation,
    rows: &str,
) -> Substituted {
    let mut done = Substituted::default();
    done.text = substitute(catalog, condition, table, rows, MAX_DEPTH, &mut done);
    done
}

fn substitute(
    catalog: &AccessCatalog,
    text: &str,
    table: &Relation,
    rows: &str,
    depth: usize,
    done: &mut Substituted,
) -> String {
    let tokens = tokens(text);
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while at < tokens.len() {
        let Some(name) = Name::at(&tokens, at) else {
            at += 1;
            continue;
        };
        let next = name.end;
        if tokens.get(next).is_some_and(|t| t.text == "(" && !t.is_word) {
            let call = closing(&tokens, next).and_then(|close| {
                let arguments = arguments(text, &tokens, next, close);
                let function = function(catalog, &name, arguments.len())?;
                Some((close, arguments, function))
            });
            if let Some((close, arguments, function)) = call
                && depth > 0
            {
                // Arguments are part of this text, the query of the function is another one.
                let mut inside = Substituted::default();
                let arguments: Vec<_> = arguments
                    .iter()
                    .map(|a| substitute(catalog, a, table, rows, depth, &mut inside))
                    .collect();
                let body = query(function).map(|q| bind(function, &q));
                let body =
                    body.map(|q| substitute(catalog, &q, table, rows, depth - 1, &mut inside));
                match body {
                    Some(body) if inside.reads_table => {
                        out.push_str(&text[copied..tokens[at].start]);
                        out.push_str(&call_text(function, &arguments, &body));
                        copied = tokens[close].end;
                        done.reads_table = true;
                    }
                    None if Body::new(&function.source).reads(&table.name) => {
                        done.unfollowed.push(function.signature.clone());
                    }
                    _ => {}
                }
                done.unfollowed.append(&mut inside.unfollowed);
                at = close + 1;
                continue;
            }
            at = next;
            continue;
        }
        if is_relation(&tokens, at, &name)
            && let Some(relation) = relation(catalog, &name, table)
        {
            let query = if relation.name == table.name {
                done.reads_table = true;
                Some(rows.to_owned())
            } else {
                view_query(catalog, relation, table, rows, depth, done)
            };
            if let Some(query) = query {
                out.push_str(&text[copied..tokens[at].start]);
                out.push_str(&format!("({query})"));
                if !has_alias(&tokens, next) {
                    out.push_str(&format!(" AS {}", relation.local_name()));
                }
                copied = tokens[next - 1].end;
            }
        }
        at = next;
    }
    out.push_str(&text[copied..]);
    out
}

/// The query of a view that reads the table, with the rows in place of the table.
fn view_query(
    catalog: &AccessCatalog,
    view: &Relation,
    table: &Relation,
    rows: &str,
    depth: usize,
    done: &mut Substituted,
) -> Option<String> {
    let definition = view.definition.as_deref().filter(|_| view.kind == RelationKind::View)?;
    if depth == 0 {
        return None;
    }
    let definition = definition.trim().trim_end_matches(';');
    let mut inside = Substituted::default();
    let text = substitute(catalog, definition, table, rows, depth - 1, &mut inside);
    done.unfollowed.append(&mut inside.unfollowed);
    done.reads_table |= inside.reads_table;
    inside.reads_table.then_some(text)
}

/// A name, with its schema if it has one.
struct Name<'t> {
    schema: Option<&'t str>,
    local: &'t str,
    /// Index of the token after it.
    end: usize,
}

impl<'t> Name<'t> {
    fn at(tokens: &'t [Token], at: usize) -> Option<Self> {
        let is_dot = |at: usize| tokens.get(at).is_some_and(|t| t.text == "." && !t.is_word);
        let first = tokens.get(at).filter(|t| t.is_word)?;
        if at > 0 && is_dot(at - 1) {
            return None;
        }
        match tokens.get(at + 2).filter(|t| t.is_word && is_dot(at + 1)) {
            Some(second) => {
                Some(Self { schema: Some(&first.text), local: &second.text, end: at + 3 })
            }
            None => Some(Self { schema: None, local: &first.text, end: at + 1 }),
        }
    }

    fn is(&self, schema: &str, name: &str) -> bool {
        self.local == local(name) && self.schema.is_none_or(|s| s == schema)
    }
}

/// Whether a name stands for a relation: after FROM or JOIN, or with a schema where no column and no type can be.
fn is_relation(tokens: &[Token], at: usize, name: &Name<'_>) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|b| tokens.get(b)).map(|t| t.text.as_str());
    let opens = |word: Option<&str>| matches!(word, Some("from" | "join" | "only"));
    let is_followed = |text: &str| tokens.get(name.end).is_some_and(|t| t.text == text);
    let in_from = opens(before(1)) || before(1) == Some("(") && opens(before(2));
    in_from && !is_followed(".")
        || name.schema.is_some() && before(1) == Some(",") && !is_followed(".")
}

fn relation<'a>(
    catalog: &'a AccessCatalog,
    name: &Name<'_>,
    table: &'a Relation,
) -> Option<&'a Relation> {
    if name.is(&table.schema, &table.name) {
        return Some(table);
    }
    catalog.relations.iter().find(|r| r.kind == RelationKind::View && name.is(&r.schema, &r.name))
}

/// The function that a call names; `None` for those of the platform and of PostgreSQL.
fn function<'a>(
    catalog: &'a AccessCatalog,
    name: &Name<'_>,
    arguments: usize,
) -> Option<&'a SqlFunction> {
    let named = catalog.functions.iter().filter(|f| name.is(&f.schema, &f.name));
    let mut named = named.filter(|f| !f.returns_claims() && !f.is_aggregate() && !f.is_trigger());
    named.find(|f| f.arguments.len() == arguments)
}

/// The query that a function evaluates, if it is a single one.
fn query(function: &SqlFunction) -> Option<String> {
    let source = function.source.trim();
    let tokens = tokens(source);
    let word = |at: usize| tokens.get(at).map_or("", |t| t.text.as_str());
    let ends = |from: usize| tokens[from..].iter().position(|t| t.text == ";").map(|at| at + from);
    let last = tokens.last()?;
    match (function.language.as_str(), word(0)) {
        ("sql", "return") => Some(format!("SELECT {}", &source[tokens.get(1)?.start..])),
        ("sql", "begin") => {
            // BEGIN ATOMIC query; END
            let end = ends(2)?;
            let is_end = word(end + 1) == "end" && tokens.len() <= end + 3;
            let start = tokens.get(2)?.start;
            let query = &source[start..tokens[end].start];
            let query = query.strip_prefix("RETURN ").map(|v| format!("SELECT {v}"));
            is_end.then(|| query.unwrap_or_else(|| source[start..tokens[end].start].to_owned()))
        }
        ("sql", "select" | "with") => {
            let end = ends(0).unwrap_or(tokens.len());
            (end + 1 >= tokens.len())
                .then(|| source[..if last.text == ";" { last.start } else { last.end }].to_owned())
        }
        ("plpgsql", "begin") if word(1) == "return" => {
            let (start, skipped) = match word(2) {
                "query" => (tokens.get(3)?.start, true),
                _ => (tokens.get(2)?.start, false),
            };
            let end = ends(2)?;
            if word(end + 1) != "end" {
                return None;
            }
            let value = &source[start..tokens[end].start];
            Some(if skipped { value.to_owned() } else { format!("SELECT {value}") })
        }
        _ => None,
    }
}

/// Replaces `$1` by the name of the argument.
fn bind(function: &SqlFunction, query: &str) -> String {
    let mut text = query.to_owned();
    for at in (0..function.arguments.len()).rev() {
        let name = format!("{}.{}", quoted(local(&function.name)), argument_name(function, at));
        text = text.replace(&format!("${}", at + 1), &name);
    }
    text
}

/// The text that replaces a call. Names of arguments are found as in the function: after those of columns.
fn call_text(function: &SqlFunction, arguments: &[String], body: &str) -> String {
    if arguments.is_empty() {
        return format!("({body})");
    }
    let values: Vec<_> = arguments
        .iter()
        .enumerate()
        .map(|(at, value)| {
            format!("({value})::{} AS {}", function.arguments[at], argument_name(function, at))
        })
        .collect();
    // LATERAL in the place of FROM, since the query may have clauses of its own.
    format!(
        "(SELECT cliplyctl_call.* FROM (SELECT {}) AS {} CROSS JOIN LATERAL ({body}) AS cliplyctl_call)",
        values.join(", "),
        quoted(local(&function.name))
    )
}

fn argument_name(function: &SqlFunction, at: usize) -> String {
    match function.argument_names.get(at).filter(|name| !name.is_empty()) {
        Some(name) => quoted(name),
        None => format!("cliplyctl_{}", at + 1),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Index of the bracket that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open).filter(|(_, t)| !t.is_word) {
        match token.text.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The arguments of a call.
fn arguments<'t>(text: &'t str, tokens: &[Token], open: usize, close: usize) -> Vec<&'t str> {
    if close == open + 1 {
        return vec![];
    }
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, tokens[open].end);
    for token in tokens[open + 1..close].iter().filter(|t| !t.is_word) {
        match token.text.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(text[start..token.start].trim());
                start = token.end;
            }
            _ => {}
        }
    }
    parts.push(text[start..tokens[close].start].trim());
    parts
}

/// Whether an alias follows the name of a relation.
fn has_alias(tokens: &[Token], at: usize) -> bool {
    const CLAUSES: [&str; 24] = [
        "where",
        "join",
        "on",
        "inner",
        "left",
        "right",
        "full",
        "cross",
        "natural",
        "group",
        "order",
        "limit",
        "union",
        "intersect",
        "except",
        "having",
        "window",
        "for",
        "using",
        "offset",
        "fetch",
        "tablesample",
        "returning",
        "then",
    ];
    tokens.get(at).is_some_and(|t| t.is_word && !CLAUSES.contains(&t.text.as_str()))
}
