//! Synthetic rows: values of each column's type for the columns that policies use, so that a condition is tested on
//! more than the rows that happen to exist.
//!
//! Text literals of the policies and their helpers are values as well: `state <> 'deleted'` holds for every random
//! text.

use std::collections::BTreeSet;

use crate::facts::access::catalog::ColumnType;
use crate::facts::access::evaluated::TestRow;

/// Maximum number of synthetic rows of a table.
const ROWS: usize = 48;
/// Maximum number of literals that are tried in a column.
const LITERALS: usize = 8;

/// A row in the text format of its composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowText {
    /// Text.
    pub(crate) text: String,
    /// What is known about the row.
    pub(crate) row: TestRow,
}

/// Values that rows are built from.
#[derive(Debug, Default)]
pub(crate) struct Material {
    /// Random user or workspace ids that occur in no table.
    pub(crate) uuids: Vec<String>,
    /// Literals of the policies and their helpers.
    pub(crate) literals: Vec<String>,
}

/// Builds rows in which the `used` columns have different values and the others are NULL. There are two bases: a row
/// with the first value of every column, whose ids are those of the non-member, and one with the second values, whose
/// ids are of nobody. Each further row differs from a base in one column.
pub(crate) fn rows(
    columns: &[ColumnType],
    used: &BTreeSet<&str>,
    material: &Material,
) -> Vec<RowText> {
    let choices: Vec<Vec<Option<String>>> = columns
        .iter()
        .map(|c| if used.contains(c.column.as_str()) { values(c, material) } else { vec![None] })
        .collect();
    let pick = |at: &dyn Fn(usize) -> usize| -> Vec<Option<&str>> {
        let picked = choices.iter().enumerate();
        picked.map(|(column, list)| list[at(column).min(list.len() - 1)].as_deref()).collect()
    };
    let nulls = |c: usize| choices[c].iter().position(Option::is_none).unwrap_or(0);
    let mut rows = vec![pick(&|_| 0), pick(&|_| 1), pick(&nulls)];
    let most = choices.iter().map(Vec::len).max().unwrap_or(1);
    for choice in 0..most {
        for column in (0..choices.len()).filter(|c| choices[*c].len() > choice) {
            for base in [0, 1] {
                rows.push(pick(&|c| if c == column { choice } else { base }));
            }
        }
    }
    let mut known = BTreeSet::new();
    rows.retain(|row| known.insert(row.clone()));
    rows.truncate(ROWS);
    rows.into_iter().map(|values| test_row(columns, used, &values, material)).collect()
}

fn test_row(
    columns: &[ColumnType],
    used: &BTreeSet<&str>,
    values: &[Option<&str>],
    material: &Material,
) -> RowText {
    let non_member = material.uuids.first().map(String::as_str);
    // Also as an element of an array.
    let names = |value: &&str| {
        non_member
            .is_some_and(|user| *value == user || value.starts_with('{') && value.contains(user))
    };
    let own = values.iter().flatten().any(names);
    let others = material.uuids.get(1..).unwrap_or_default();
    let mut ids = columns
        .iter()
        .zip(values)
        .filter(|(c, _)| c.base == "uuid" && used.contains(c.column.as_str()));
    let is_other =
        |value: &Option<&str>| value.is_some_and(|v| others.iter().any(|other| other == v));
    let foreign = !own && ids.all(|(_, value)| is_other(value));
    let is_null = |(c, value): (&ColumnType, &Option<&str>)| {
        (value.is_none() && used.contains(c.column.as_str())).then(|| c.column.clone())
    };
    let nulls = columns.iter().zip(values).filter_map(is_null).collect();
    RowText { text: composite(values), row: TestRow { real: false, own, foreign, nulls } }
}

/// Returns the values to try in a column, the least remarkable first, and NULL last if it is allowed.
fn values(column: &ColumnType, material: &Material) -> Vec<Option<String>> {
    let mut values = match &column.labels {
        Some(labels) => labels.iter().take(LITERALS).cloned().collect(),
        None => of_type(&column.base, material),
    };
    // Small numbers are ids that exist.
    if column.column == "id" || column.column.ends_with("_id") {
        values.retain(|v| !matches!(v.as_str(), "0" | "1"));
    }
    if let Some(length) = column.length {
        values = values.into_iter().map(|v| v.chars().take(length).collect()).collect();
    }
    let mut values: Vec<_> = values.into_iter().map(Some).collect();
    if !column.not_null || values.is_empty() {
        values.push(None);
    }
    values
}

fn of_type(base: &str, material: &Material) -> Vec<String> {
    let literals = || material.literals.iter();
    let with = |fixed: &[&str], fits: &dyn Fn(&str) -> bool| -> Vec<String> {
        let fixed = fixed.iter().map(|v| (*v).to_owned());
        fixed.chain(literals().filter(|v| fits(v)).take(LITERALS).cloned()).collect()
    };
    match base {
        "uuid" => {
            let fits = |v: &&String| is_uuid(v);
            material.uuids.iter().chain(literals().filter(fits).take(LITERALS)).cloned().collect()
        }
        "text" | "varchar" | "bpchar" | "name" | "citext" => {
            let [non_member, other] =
                [0, 1].map(|at| material.uuids.get(at).map_or("", String::as_str));
            with(&[non_member, &format!("value-{other}"), ""], &|v| !v.contains('\0'))
        }
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" | "oid" => {
            numbers(base, &material.literals)
        }
        "bool" => vec!["f".into(), "t".into()],
        "timestamptz" | "timestamp" | "date" => {
            with(&["1999-01-02", "2999-01-02"], &|v| is_date(v))
        }
        "json" | "jsonb" => objects(&material.literals),
        "interval" => vec!["1 day".into(), "-1 day".into()],
        "inet" | "cidr" => vec!["203.0.113.7".into()],
        "bytea" => vec!["\\x00".into()],
        _ if base.starts_with('_') => {
            let elements = of_type(&base[1..], material);
            let lists = elements.iter().take(LITERALS).map(|e| format!("{{{}}}", array_element(e)));
            lists.chain(["{}".to_owned()]).collect()
        }
        _ => vec![],
    }
}

/// Numbers around each number of the policies, and some others.
fn numbers(base: &str, literals: &[String]) -> Vec<String> {
    let (min, max) = match base {
        "int2" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "int4" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "oid" => (0, i64::from(i32::MAX)),
        _ => (-(1 << 40), 1 << 40),
    };
    let near = literals.iter().filter_map(|v| v.parse::<i64>().ok()).take(LITERALS / 2);
    let near = near.flat_map(|n| [n, n.saturating_add(1), n.saturating_sub(1)]);
    let mut all: Vec<i64> = [12_345, -1, 0, 1, max].into_iter().chain(near).collect();
    all.retain(|n| (min..=max).contains(n));
    let mut known = BTreeSet::new();
    all.retain(|n| known.insert(*n));
    all.iter().map(i64::to_string).collect()
}

/// Objects with a literal as key and another one as value.
fn objects(literals: &[String]) -> Vec<String> {
    let mut objects = vec!["{}".to_owned()];
    let few: Vec<_> = literals.iter().take(4).collect();
    for key in &few {
        for value in few.iter().copied().filter(|v| v != key).map(String::as_str).chain(["true"]) {
            objects.push(serde_json::json!({ key.as_str(): value }).to_string());
        }
    }
    objects.truncate(LITERALS);
    objects
}

/// Whether a text is a UUID in the usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

fn is_date(text: &str) -> bool {
    text.get(..10).is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
}

fn array_element(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the text of a composite value.
pub(crate) fn composite(values: &[Option<&str>]) -> String {
    let field = |value: &Option<&str>| {
        value.map_or_else(String::new, |v| {
            format!("\"{}\"", v.replace('\\', "\\\\").replace('"', "\"\""))
        })
    };
    format!("({})", values.iter().map(field).collect::<Vec<_>>().join(","))
}

/// Returns the text of an array of composite values.
pub(crate) fn array<'a>(rows: impl Iterator<Item = &'a str>) -> String {
    format!("{{{}}}", rows.map(array_element).collect::<Vec<_>>().join(","))
}

/// Returns the string literals and numbers of SQL text.
pub(crate) fn literals(sql: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), sql);
    while let Some(c) = rest.chars().next() {
        let length = if c == '\'' {
            let length = quoted(rest);
            let inner = rest[1..length].strip_suffix('\'').unwrap_or(&rest[1..length]);
            found.push(inner.replace("''", "'"));
            length
        } else if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
            end
        } else if c.is_alphanumeric() || c == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        } else {
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// Returns the length of the string literal at the start of `text`.
fn quoted(text: &str) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find('\'') {
        at += end + 1;
        if !text[at..].starts_with('\'') {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Names of columns that hold user ids.
pub(super) const USER_COLUMNS: [&str; 10] = [
    "user_id",
    "owner_id",
    "owner",
    "created_by",
    "author_id",
    "profile_id",
    "member_id",
    "uid",
    "auth_id",
    "account_id",
];

/// Returns whether a column holds user ids.
pub(crate) fn is_user_column(name: &str, base: &str) -> bool {
    base == "uuid" && USER_COLUMNS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, base: &str, not_null: bool) -> ColumnType {
        let (column, base) = (name.to_owned(), base.to_owned());
        ColumnType { column, base, length: None, not_null, default: None, labels: None }
    }

    #[test]
    fn rows_vary_used_columns_and_include_null_where_allowed() {
        let columns = [column("id", "int4", true), column("state", "text", false)];
        let material = Material { uuids: vec!["u".into()], literals: vec!["it's".into()] };
        let rows = rows(&columns, &BTreeSet::from(["state"]), &material);
        let texts: Vec<_> = rows.iter().map(|r| r.text.as_str()).collect();
        assert_eq!(texts, ["(,\"u\")", "(,\"value-\")", "(,)", "(,\"\")", "(,\"it's\")"]);
        assert!(rows[2].row.nulls.contains("state"));
        assert!(rows[0].row.own && !rows[1].row.own && rows[1].row.foreign);
    }

    #[test]
    fn literals_are_strings_and_numbers_outside_of_names() {
        assert_eq!(literals("(a1 = 'it''s'::text AND b > 42)"), ["it's", "42"]);
        assert_eq!(literals("'open"), ["open"]);
        assert_eq!(array(["(,\"a\")"].into_iter()), "{\"(,\\\"a\\\")\"}");
    }

    #[test]
    fn numbers_near_a_literal_stay_in_range() {
        assert!(numbers("int2", &["40000".into()]).iter().all(|n| n.parse::<i16>().is_ok()));
        assert!(numbers("int4", &["5".into()]).contains(&"6".to_owned()));
    }
}
