//! The draft of a declaration for a table that is not understood, filled in with what its catalog shows.

mod claims;
mod names;
mod text;

use names::names;
pub(super) use names::names as usual_names;
pub(crate) use text::text;

use super::declaration::{Expected, Field};
use super::relation::Relation;
use super::sql::ident;

/// A table that may hold jobs.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftTable {
    /// Schema and name.
    pub(crate) relation: Relation,
    /// Columns, in order.
    pub(crate) columns: Vec<DraftColumn>,
}

/// One of its columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftColumn {
    /// Name.
    pub(crate) name: String,
    /// Type in the server's words; of a domain, the type below.
    pub(crate) r#type: String,
    /// Labels, if it is an enum.
    pub(crate) labels: Vec<String>,
    /// Whether it is the primary key, alone.
    pub(crate) is_key: bool,
}

impl DraftColumn {
    fn is(&self, types: &[&str]) -> bool {
        types.contains(&self.r#type.as_str())
    }

    fn is_whole_number(&self) -> bool {
        self.is(&["bigint", "integer", "smallint"])
    }

    fn is_time(&self) -> bool {
        self.r#type == "date" || self.r#type.starts_with("timestamp")
    }

    pub(super) fn is_naive(&self) -> bool {
        self.is_time() && !self.r#type.ends_with("with time zone")
    }

    /// Whether its type fits the field.
    fn fits(&self, field: Field) -> bool {
        match field.expected() {
            Expected::Id => {
                self.is(&["uuid", "text", "character varying"]) || self.is_whole_number()
            }
            Expected::Number => self.is_whole_number(),
            Expected::Time => self.is_time(),
            Expected::Text => !self.is_time(),
        }
    }
}

/// The state of the jobs: a column, or an expression over several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DraftState {
    /// A column, with this name.
    Column(String),
    /// Flags and times: each with the state that it means, in the order of evaluation.
    Flags(Vec<Flag>),
}

/// A column that, if it is set, means a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flag {
    /// Name of the column.
    pub(crate) column: String,
    /// Whether it is a boolean; otherwise it is set unless it is NULL.
    pub(crate) is_boolean: bool,
    /// The state: a key of `states`.
    pub(crate) state: &'static str,
}

impl Flag {
    fn condition(&self) -> String {
        let column = ident(&self.column);
        if self.is_boolean { column } else { format!("{column} is not null") }
    }
}

impl DraftTable {
    /// The column with this name.
    pub(crate) fn column(&self, name: &str) -> Option<&DraftColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of a field, by its name and type.
    pub(crate) fn column_of(&self, field: Field) -> Option<&DraftColumn> {
        if field == Field::Id {
            let key = self.columns.iter().find(|column| column.is_key && column.fits(field));
            return key.or_else(|| self.named(field));
        }
        self.named(field)
    }

    fn named(&self, field: Field) -> Option<&DraftColumn> {
        self.first_of(&format!("column of {}", field.name()), |column| column.fits(field))
    }

    /// The first column with a usual name for a use.
    fn first_of(&self, of: &str, fits: impl Fn(&DraftColumn) -> bool) -> Option<&DraftColumn> {
        let named =
            |name: &str| self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name) && fits(c));
        names(of).find_map(named)
    }

    /// Where the state of a job is: in a column with a usual name, in an enum, or in flags and times.
    pub(crate) fn state(&self) -> Option<DraftState> {
        let by_name = self.column_of(Field::State).filter(|column| column.r#type != "boolean");
        let by_type = || {
            let is_other = |column: &DraftColumn| {
                self.column_of(Field::Kind).is_some_and(|kind| kind.name == column.name)
            };
            self.columns.iter().find(|column| !column.labels.is_empty() && !is_other(column))
        };
        if let Some(column) = by_name.or_else(by_type) {
            return Some(DraftState::Column(column.name.clone()));
        }
        let flags = self.flags();
        let tells_the_end = |flag: &Flag| flag.state == "finished" || flag.state == "dead";
        flags.iter().any(tells_the_end).then_some(DraftState::Flags(flags))
    }

    fn flags(&self) -> Vec<Flag> {
        let is_boolean = |column: &DraftColumn| column.r#type == "boolean";
        let flag = |column: Option<&DraftColumn>, state| {
            column.map(|column| Flag {
                column: column.name.clone(),
                is_boolean: is_boolean(column),
                state,
            })
        };
        let time = |state: &'static str| {
            flag(self.first_of(&format!("time of {state}"), DraftColumn::is_time), state)
        };
        let boolean = |state: &'static str| {
            flag(self.first_of(&format!("flag of {state}"), is_boolean), state)
        };
        let claimed = self.column_of(Field::LockedAt).or_else(|| self.column_of(Field::Worker));
        [
            boolean("finished").or_else(|| time("finished")),
            time("canceled"),
            boolean("dead").or_else(|| time("dead")),
            flag(claimed, "claimed"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// How much the table looks like one that holds jobs; `None` if no draft can be made of it.
    pub(crate) fn likeness(&self) -> Option<u32> {
        self.column_of(Field::Id)?;
        self.state()?;
        let name = self.relation.name.to_ascii_lowercase();
        let is_named = names("part of table").any(|part| name.contains(part));
        let telling =
            [Field::Due, Field::Worker, Field::LockedAt, Field::Attempts, Field::MaxAttempts];
        let common = [Field::Error, Field::Payload];
        let count = |fields: &[Field]| {
            fields.iter().filter(|field| self.column_of(**field).is_some()).count() as u32
        };
        Some(3 * u32::from(is_named) + 2 * count(&telling) + count(&common))
    }
}

/// The likeness from which a table that nobody named is drafted.
pub(crate) const LIKE_A_QUEUE: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, columns: &[(&str, &str)]) -> DraftTable {
        let column = |&(name, r#type): &(&str, &str)| DraftColumn {
            name: name.to_owned(),
            r#type: r#type.to_owned(),
            ..DraftColumn::default()
        };
        DraftTable {
            relation: Relation::public(name),
            columns: columns.iter().map(column).collect(),
        }
    }

    #[test]
    fn table_without_jobs_is_not_taken_for_a_queue() {
        let users = table("users", &[("id", "uuid"), ("status", "text"), ("name", "text")]);
        assert!(users.likeness() < Some(LIKE_A_QUEUE));
        let log = table("job_log", &[("id", "bigint"), ("line", "text")]);
        assert_eq!(log.likeness(), None);
        let queue =
            [("id", "bigint"), ("status", "text"), ("run_at", "date"), ("tries", "integer")];
        assert!(table("emails", &queue).likeness() < Some(LIKE_A_QUEUE));
        assert!(table("email_jobs", &queue).likeness() >= Some(LIKE_A_QUEUE));
    }

    #[test]
    fn type_decides_between_columns_with_usual_names() {
        let jobs = table(
            "jobs",
            &[
                ("id", "bytea"),
                ("job_id", "uuid"),
                ("status", "timestamp with time zone"),
                ("state", "smallint"),
            ],
        );
        assert_eq!(jobs.column_of(Field::Id).unwrap().name, "job_id");
        assert_eq!(jobs.state(), Some(DraftState::Column("state".to_owned())));
    }

    #[test]
    fn draft_is_valid_toml_whatever_the_names() {
        let name = "a \"b\" \\ 'c'\n\u{7f}";
        let mut jobs = table(
            name,
            &[
                ("id", "bigint"),
                ("state", "text"),
                ("due", "timestamp without time zone"),
                (name, "text"),
            ],
        );
        jobs.relation.schema = name.to_owned();
        let values = [("done".to_owned(), 3), (name.to_owned(), 1)];
        let text = text(name, &jobs, &values, &[]);
        let parsed: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        let queue = &parsed["context"][name]["queue"];
        assert_eq!(queue["table"].as_str(), Some(name));
        assert_eq!(queue["states"]["finished"][0].as_str(), Some("done"));
    }
}
