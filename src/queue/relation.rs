//! A table or view by its schema and name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::sql::ident;

/// A table or view. It is displayed as SQL: `public.jobs`, `"Jobs".jobs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Relation {
    /// Schema, unquoted.
    pub(crate) schema: String,
    /// Name, unquoted.
    pub(crate) name: String,
}

impl Relation {
    /// A relation of the schema `public`.
    pub(crate) fn public(name: &str) -> Self {
        Self { schema: "public".to_owned(), name: name.to_owned() }
    }

    /// The name without the schema, as SQL: by it a query refers to a table that has no alias.
    pub(crate) fn name_sql(&self) -> String {
        quoted_if_needed(&self.name)
    }

    /// The schema as SQL.
    pub(crate) fn schema_sql(&self) -> String {
        quoted_if_needed(&self.schema)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quoted_if_needed(&self.schema), quoted_if_needed(&self.name))
    }
}

/// The usual names stay as they are; any other may be a keyword, or be folded by the server.
fn quoted_if_needed(name: &str) -> String {
    if ["public", "jobs", "job_events"].contains(&name) { name.to_owned() } else { ident(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_unless_they_are_usual() {
        let sql = |schema: &str, name: &str| {
            Relation { schema: schema.to_owned(), name: name.to_owned() }.to_string()
        };
        assert_eq!(sql("public", "jobs"), "public.jobs");
        assert_eq!(sql("My\"App", "jobs"), "\"My\"\"App\".jobs");
        assert_eq!(sql("user", "Jobs"), "\"user\".\"Jobs\"");
    }
}
