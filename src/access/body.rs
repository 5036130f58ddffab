//! Function bodies: finds the tables that a function reads and writes, from the tokens of its source.

use sha2::{Digest as _, Sha256};

use super::tokens::{Token, tokens};
use crate::facts::access::SqlCommand;
use crate::facts::access::catalog::{AccessCatalog, SqlFunction};

/// A body as tokens, without comments. A string is one token with its quotes; names are in lower case.
pub(crate) struct Body {
    tokens: Vec<String>,
    /// Whether it has names with escapes, which are not decoded: `U&"\006Aobs"`.
    has_escaped_names: bool,
}

impl Body {
    /// Splits a body into tokens.
    pub(crate) fn new(source: &str) -> Self {
        let tokens = tokens(source);
        let is_escaped = |pair: &[Token]| {
            pair[0].text == "u" && pair[1].text == "&" && source[pair[1].end..].starts_with('"')
        };
        let has_escaped_names = tokens.windows(2).any(is_escaped);
        let tokens = tokens.into_iter().map(|token| token.text).collect();
        Self { tokens, has_escaped_names }
    }

    /// Whether it builds SQL statements at run time.
    pub(crate) fn is_dynamic(&self) -> bool {
        let execute = |pair: &[String]| {
            pair[0] == "execute" && !matches!(pair[1].as_str(), "function" | "procedure" | "on")
        };
        self.tokens.windows(2).any(execute)
    }

    /// Whether it calls a function that runs a statement or reads a table given as text.
    fn passes_sql(&self) -> bool {
        const PREFIXES: [&str; 7] = [
            "query_to_",
            "table_to_",
            "cursor_to_",
            "schema_to_",
            "database_to_",
            "dblink",
            "crosstab",
        ];
        let runs_text = |name: &str| {
            let is_xml = name.contains("_to_xml");
            let is_prefixed = |p: &&str| name.starts_with(*p) && (is_xml || !p.ends_with("_to_"));
            PREFIXES.iter().any(is_prefixed)
                || matches!(name, "ts_stat" | "connectby" | "xpath_table")
        };
        self.tokens.windows(2).any(|pair| pair[1] == "(" && runs_text(&pair[0]))
    }

    /// Why not all tables that the function uses can be found in its body; `None` if they can.
    pub(crate) fn unread(&self, function: &SqlFunction) -> Option<&'static str> {
        match function.language.as_str() {
            _ if function.is_aggregate() => None,
            "sql" | "plpgsql" if self.passes_sql() => {
                Some("it calls a function that reads tables named at run time")
            }
            "sql" | "plpgsql" if self.has_escaped_names => {
                Some("it has names with escapes (U&\"…\")")
            }
            "sql" => None,
            "plpgsql" => self.is_dynamic().then_some("it builds SQL at run time (EXECUTE)"),
            _ => Some("its language is not read"),
        }
    }

    /// Its tokens.
    pub(crate) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Whether a name occurs in it.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token == word)
    }

    /// A digest that comments and white space do not change.
    pub(crate) fn digest(&self) -> String {
        let hash = Sha256::digest(self.tokens.join(" ").as_bytes());
        let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    /// Its string literals, without quotes.
    pub(crate) fn strings(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|t| t.strip_prefix('\'')).map(|t| t.trim_end_matches('\''))
    }

    /// Its string literals without those of messages: what RAISE names is no value of a column.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        let mut is_message = false;
        let values = self.tokens.iter().filter(move |token| {
            match token.as_str() {
                "raise" => is_message = true,
                ";" => is_message = false,
                _ => {}
            }
            !is_message
        });
        values.filter_map(|t| t.strip_prefix('\'')).map(|t| t.trim_end_matches('\''))
    }

    /// The variable whose NULL passes a check that should stop callers: `IF role <> 'owner' THEN RAISE`, if the variable is
    /// that of a SELECT INTO without a row, and nothing asks for NULL.
    pub(crate) fn null_passes(&self) -> Option<&str> {
        let tokens: Vec<_> = self.tokens.iter().map(String::as_str).collect();
        let of_into = tokens.windows(2).filter(|pair| pair[0] == "into").map(|pair| pair[1]);
        let mut variables =
            of_into.filter(|v| v.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        let asks_for_rows = tokens.iter().any(|t| matches!(*t, "found" | "strict"));
        variables.find(|variable| {
            let is_name = |at: usize| tokens[at] == *variable;
            let names = || (0..tokens.len()).filter(|at| is_name(*at));
            let asks_null = names().any(|at| {
                tokens.get(at + 1) == Some(&"is")
                    || at >= 2 && tokens[at - 1] == "(" && tokens[at - 2] == "coalesce"
            });
            let is_negated = |at: usize| {
                let after: Vec<_> = tokens[at + 1..].iter().take(2).copied().collect();
                matches!(after[..], ["<", ">"] | ["!", "="] | ["not", "in"])
            };
            // Only if the check leads to an exception.
            let stops = |at: usize| {
                let started =
                    tokens[..at].iter().rev().take_while(|t| **t != ";").any(|t| *t == "if");
                let then = tokens[at..].iter().position(|t| *t == "then").map(|then| at + then);
                started && then.and_then(|then| tokens.get(then + 1)) == Some(&"raise")
            };
            !asks_for_rows && !asks_null && names().any(|at| is_negated(at) && stops(at))
        })
    }

    /// The commands by which it changes rows of a table (`public.jobs`). TRUNCATE counts as DELETE.
    pub(crate) fn writes(&self, table: &str) -> Vec<SqlCommand> {
        let is_after = |command: SqlCommand| {
            self.named_after(table, |before| {
                let before = before.strip_suffix(&["only"]).unwrap_or(before);
                match (before, command) {
                    ([.., "insert", "into"], SqlCommand::Update) => self.upserts(),
                    ([.., "insert", "into"], SqlCommand::Insert)
                    | ([.., "update"], SqlCommand::Update)
                    | ([.., "delete", "from"], SqlCommand::Delete)
                    | ([.., "truncate"] | [.., "truncate", "table"], SqlCommand::Delete) => true,
                    ([.., "merge", "into"], command) => command != SqlCommand::Select,
                    _ => false,
                }
            })
        };
        SqlCommand::ALL.into_iter().filter(|command| is_after(*command)).collect()
    }

    /// Whether it has `ON CONFLICT … DO UPDATE`.
    fn upserts(&self) -> bool {
        self.tokens.windows(2).any(|pair| pair == ["do", "update"])
    }

    /// Whether it reads rows of a table.
    pub(crate) fn reads(&self, table: &str) -> bool {
        self.named_after(table, |before| {
            matches!(before.last(), Some(&("from" | "join" | "only" | "using" | "," | "table")))
        })
    }

    fn named_after(&self, table: &str, matches: impl Fn(&[&str]) -> bool) -> bool {
        let (schema, name) = table.split_once('.').unwrap_or(("", table));
        let name = name.trim_matches('"');
        let tokens: Vec<_> = self.tokens.iter().map(String::as_str).collect();
        tokens.iter().enumerate().filter(|(_, token)| **token == name).any(|(at, _)| {
            let before = match &tokens[..at] {
                [before @ .., s, "."] if *s == schema => before,
                [.., "."] => return false,
                before => before,
            };
            matches(before)
        })
    }
}

/// The SECURITY DEFINER functions whose tables are not all known, with the reason.
pub(crate) fn not_examined(
    catalog: &AccessCatalog,
) -> impl Iterator<Item = (&SqlFunction, &'static str)> {
    let definers = catalog.relevant_functions().filter(|f| f.definer);
    definers.filter_map(|f| Some((f, Body::new(&f.source).unread(f)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_in_comments_and_strings_are_ignored() {
        let body = Body::new("-- from jobs\n/* update jobs */ select 'delete from jobs', \"x\"");
        assert!(!body.reads("public.jobs") && body.writes("public.jobs").is_empty());
    }

    #[test]
    fn writes_are_distinguished_from_reads_and_types() {
        let body = Body::new("declare j public.jobs; begin UPDATE public.jobs set x = 1; end");
        assert_eq!(body.writes("public.jobs"), [SqlCommand::Update]);
        assert!(!Body::new("declare j public.jobs; begin end").reads("public.jobs"));
        let body = Body::new("select * from a join \"jobs\" on true");
        assert!(body.reads("public.jobs") && body.writes("public.jobs").is_empty());
        assert!(!Body::new("select * from other.jobs").reads("public.jobs"));
        let of = |sql: &str| Body::new(sql).writes("public.jobs");
        assert_eq!(of("delete from only jobs; insert into jobs values (1)").len(), 2);
        assert_eq!(of("insert into jobs values (1) on conflict do nothing"), [SqlCommand::Insert]);
        assert_eq!(of("insert into jobs select 1 on conflict (a) do update set b = 1").len(), 2);
        assert_eq!(of("truncate table jobs"), [SqlCommand::Delete]);
        assert_eq!(of("merge into jobs using x on true when matched then delete").len(), 3);
        assert!(of("select 1 from jobs for update").is_empty());
    }

    #[test]
    fn dynamic_sql_and_caller_checks_are_detected() {
        assert!(Body::new("begin execute format('x'); end").is_dynamic());
        assert!(!Body::new("create trigger t execute function f()").is_dynamic());
    }

    #[test]
    fn functions_that_run_text_are_detected() {
        assert!(Body::new("select query_to_xml('select 1', true, false, '')").passes_sql());
        assert!(Body::new("select * from extensions.dblink('', 'x') t(a int)").passes_sql());
        assert!(Body::new("select table_to_xml_and_xmlschema('t', true, true, '')").passes_sql());
        assert!(!Body::new("select table_to_rows(1), to_xml(2), dblinks").passes_sql());
        assert!(Body::new("select 1 from U&\"\\006Aobs\"").has_escaped_names);
        assert!(!Body::new("select menu&\"x\" from \"jobs\"").has_escaped_names);
    }

    #[test]
    fn unclosed_quotes_end_with_the_text() {
        assert!(!Body::new("select 'never closed from jobs").reads("public.jobs"));
        assert!(!Body::new("\"").reads("public.jobs"));
        assert!(!Body::new("/* open").is_dynamic());
    }
}
