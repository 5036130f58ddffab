//! Pieces of SQL built from a layout. Names and values are quoted here and nowhere else.

use crate::fingerprint::{HEAD, TAIL};
use crate::queue::{Layout, Lifecycle};

/// A quoted identifier.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted literal without a type, so that it fits text and enum columns alike.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// `'a', 'b'`
pub(crate) fn literals(values: &[String]) -> String {
    values.iter().map(|v| literal(v)).collect::<Vec<_>>().join(", ")
}

/// `"state" in ('a', 'b')`, or `false` for no values. Written so that a partial index with the
/// same list serves it.
pub(crate) fn state_in(layout: &Layout, values: &[String]) -> String {
    match values {
        [] => "false".to_owned(),
        [one] => format!("{} = {}", ident(&layout.state_column), literal(one)),
        many => format!("{} in ({})", ident(&layout.state_column), literals(many)),
    }
}

/// A column, or a typed NULL where the layout has none.
pub(crate) fn column_or_null(column: Option<&String>, r#type: &str) -> String {
    column.map_or_else(|| format!("null::{type}"), |name| ident(name))
}

/// When a job may be claimed: the latest of the due columns; NULL means at once.
pub(crate) fn due(layout: &Layout) -> String {
    match layout.due.as_slice() {
        [] => "null::timestamptz".to_owned(),
        [one] => ident(one),
        many => {
            let names: Vec<_> = many.iter().map(|name| ident(name)).collect();
            format!("greatest({})", names.join(", "))
        }
    }
}

/// The last sign of life of a job in progress: its heartbeat, else its lock.
pub(crate) fn last_heartbeat(layout: &Layout) -> String {
    let columns: Vec<_> =
        [&layout.heartbeat, &layout.locked_at].into_iter().flatten().map(|c| ident(c)).collect();
    match columns.as_slice() {
        [] => "null::timestamptz".to_owned(),
        [one] => one.clone(),
        many => format!("coalesce({})", many.join(", ")),
    }
}

/// The error text: `last_error`, else the message of `error`, else the whole of `error`.
pub(crate) fn error_text(layout: &Layout) -> String {
    let mut parts = Vec::new();
    if let Some(last) = &layout.last_error {
        parts.push(format!("nullif(btrim({}::text), '')", ident(last)));
    }
    if let Some(error) = &layout.error {
        let name = ident(&error.name);
        if error.json {
            parts.push(format!("nullif(btrim({name} ->> 'message'), '')"));
            parts.push(format!("nullif({name} #>> '{{}}', '')"));
        } else {
            parts.push(format!("nullif(btrim({name}::text), '')"));
        }
    }
    if parts.is_empty() {
        "null::text".to_owned()
    } else {
        format!("coalesce({})", parts.join(", "))
    }
}

/// A value as text, without what a fingerprint passes over: `Fingerprint::of` takes the ends of a
/// long text alone. Its size is asked first, because that neither unpacks it nor makes text of it.
pub(crate) fn fingerprint_input(value: &str) -> String {
    let whole = HEAD + TAIL;
    format!(
        "case when pg_column_size({value}) > 3000 and length({value}::text) > {whole} \
         then left({value}::text, {HEAD}) || right({value}::text, {TAIL}) else {value}::text end"
    )
}

/// A timestamp expression as RFC 3339 UTC with microseconds; infinite ones as Postgres says them.
pub(crate) fn rfc3339(timestamp: &str) -> String {
    format!(
        "case when isfinite({timestamp}) then to_char({timestamp} at time zone 'utc', \
         'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') else ({timestamp})::text end"
    )
}

/// When a dead job was last changed, as the key that listings sort by.
pub(crate) fn changed(layout: &Layout) -> String {
    match &layout.updated {
        Some(name) if layout.updated_nullable => {
            format!("coalesce({}, '-infinity'::timestamptz)", ident(name))
        }
        Some(name) => ident(name),
        None => column_or_null(layout.created.as_ref(), "timestamptz"),
    }
}

/// Seconds since a timestamp expression, by the server's clock. The subtraction is one of numbers:
/// rows may hold `infinity`, and the server refuses to subtract that from a time.
pub(crate) fn age(timestamp: &str) -> String {
    format!("(extract(epoch from now())::float8 - extract(epoch from {timestamp})::float8)")
}

/// The columns that an index must hold so that the figures of a role need no table access.
pub(crate) fn covering_columns(layout: &Layout, role: Lifecycle) -> Vec<&str> {
    let mut columns: Vec<&str> = layout.kind.as_deref().into_iter().collect();
    match role {
        Lifecycle::Queued => columns.extend(layout.due.iter().map(String::as_str)),
        Lifecycle::Claimed => columns.extend(
            [&layout.heartbeat, &layout.locked_at, &layout.locked_by]
                .into_iter()
                .filter_map(|c| c.as_deref()),
        ),
        Lifecycle::Dead => columns.extend(layout.updated.as_deref()),
        Lifecycle::Failed | Lifecycle::Finished | Lifecycle::Other => {}
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_literals_are_quoted_safely() {
        assert_eq!(ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\' or 1"), r"E'a\\'' or 1'");
    }
}
