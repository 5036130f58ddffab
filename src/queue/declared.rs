//! The layout of a declared jobs table.
//!
//! The rows are read from a subquery that gives every expression the name of its [`Field`], so that the queries
//! need not know whether a layout was recognized or declared. The server inlines it, so that its own indexes serve.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalog::{CatalogIndex, CatalogTable, TableCatalog};
use super::declaration::{Declaration, DeclaredRequeue, Expected, Field};
use super::package::PackageTraits;
use super::recognize::LayoutError;
use super::sql::{ident, literal};
use super::{Counting, ErrorColumn, IdType, Layout, Relation, TimeColumn};

/// Zone of times without one, unless the declaration states it.
const DEFAULT_ZONE: &str = "UTC";

/// What a declared layout has beside the fields of [`Layout`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Declared {
    /// Select list of the subquery.
    select: String,
    /// The state, as an expression over the columns of the relation.
    state: String,
    /// The column of the id, by which a write finds its rows.
    pub(crate) id_column: Option<String>,
    /// When an attempt is counted.
    #[serde(default)]
    pub(crate) counting: Counting,
    /// What a requeue sets.
    pub(crate) requeue: Option<DeclaredRequeue>,
    /// Columns of type `timestamp` and the zone in which they are written.
    zones: BTreeMap<String, String>,
    /// Whether the relation is a table, whose rows can be locked and compared.
    pub(crate) is_table: bool,
    /// What else the table of a package has; `None` for a declaration of the configuration.
    #[serde(default)]
    pub(crate) package: Option<PackageTraits>,
}

impl Declared {
    /// Name of the column with the version of the row, if the relation is a table.
    pub(crate) const VERSION: &str = "row version";

    /// The subquery, for use in `from`.
    pub(crate) fn subquery(&self, relation: &Relation) -> String {
        let rows = self.package.as_ref().and_then(|package| package.rows.as_ref());
        let rows = rows.map(|rows| format!(" where {}", in_relation(rows, relation)));
        let joins = self.joins(relation);
        format!("(select {} from {relation}{joins}{})", self.select, rows.unwrap_or_default())
    }

    /// The joins of a package, to follow the table in `from`.
    fn joins(&self, relation: &Relation) -> String {
        match &self.package {
            Some(package) if !package.joins.is_empty() => {
                format!(" {}", in_relation(&package.joins, relation))
            }
            _ => String::new(),
        }
    }

    /// Adds what only the table of a package has.
    pub(super) fn add_package(&mut self, table: &CatalogTable, traits: PackageTraits) {
        for (name, sql) in &traits.columns {
            let sql = expression(table, &in_relation(sql, &table.relation));
            self.select.push_str(&format!(", {sql} as {}", ident(name)));
        }
        self.package = Some(traits);
    }

    /// Whether the subquery has this column of a package.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.package.as_ref().is_some_and(|package| package.columns.contains_key(name))
    }

    /// The state that the row `row` of the relation would have with the values of `new` (JSON), for use in a
    /// read-only transaction.
    pub(crate) fn state_with(&self, relation: &Relation, row: &str, new: &str) -> String {
        self.state_of(relation, &format!("(jsonb_populate_record({row}, {new}))"))
    }

    /// The state of the row `row` of the relation. Statements that write use it only for packages.
    pub(crate) fn state_of(&self, relation: &Relation, row: &str) -> String {
        let of_row = self.package.as_ref().and_then(|package| package.state_of_row.as_ref());
        let (state, joins) = match of_row {
            Some(state) => (in_relation(state, relation), String::new()),
            None => (self.state.clone(), self.joins(relation)),
        };
        format!("(select {state} from (select {row}.*) as {}{joins})", ident(&relation.name))
    }

    /// A `timestamptz` expression as a value of this column.
    pub(crate) fn time_value(&self, column: &str, expression: &str) -> String {
        let zone = self.zones.get(column).cloned();
        TimeColumn { name: column.to_owned(), zone }.value(expression)
    }
}

/// Replaces `{relation}`, `{name}` and `{schema}` in the SQL of a package: the table, the name of its rows in `from`,
/// and its schema.
pub(crate) fn in_relation(sql: &str, relation: &Relation) -> String {
    sql.replace("{relation}", &relation.to_string())
        .replace("{name}", &ident(&relation.name))
        .replace("{schema}", &relation.schema_sql())
}

/// The expression of a field, as SQL: a column, or the text in parentheses. The line break ends a comment.
pub(crate) fn expression(table: &CatalogTable, text: &str) -> String {
    if table.column(text).is_some() { ident(text) } else { format!("({text}\n)") }
}

/// A field with its expression and the type that the server gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypedField {
    /// The field.
    pub(crate) field: Field,
    /// Its expression, as SQL.
    pub(crate) sql: String,
    /// The type of the expression, in the server's words; of a domain, the type below.
    pub(crate) r#type: String,
}

impl TypedField {
    /// Why this type cannot be used.
    pub(crate) fn type_error(&self) -> Option<String> {
        let (fits, expected) = match self.field.expected() {
            Expected::Id => (self.id_type().is_some(), "uuid, bigint, integer, smallint or text"),
            Expected::Number => (self.is_whole_number(), "bigint, integer or smallint"),
            Expected::Time => (self.is_time(), "timestamp with or without time zone, or date"),
            Expected::Text => (true, ""),
        };
        (!fits).then(|| format!("its type is {}; expected {expected}", self.r#type))
    }

    fn is_whole_number(&self) -> bool {
        ["bigint", "integer", "smallint"].contains(&self.r#type.as_str())
    }

    fn is_time(&self) -> bool {
        self.r#type == "date" || self.r#type.starts_with("timestamp with")
    }

    fn id_type(&self) -> Option<IdType> {
        match self.r#type.as_str() {
            "uuid" => Some(IdType::Uuid),
            "text" | "character varying" => Some(IdType::Text),
            _ => self.is_whole_number().then_some(IdType::BigInt),
        }
    }

    fn is_json(&self) -> bool {
        ["json", "jsonb"].contains(&self.r#type.as_str())
    }

    /// Whether its type has no time zone.
    fn is_naive(&self) -> bool {
        ["date", "timestamp without time zone"].contains(&self.r#type.as_str())
    }

    /// The expression with a type that the queries expect.
    fn select(&self) -> String {
        let is_text = ["text", "character varying", "uuid"].contains(&self.r#type.as_str());
        let sql = &self.sql;
        match (self.field, self.field.expected()) {
            (_, Expected::Time) if self.r#type == "date" => format!("{sql}::timestamp"),
            (Field::Payload | Field::Result, _) => sql.clone(),
            (Field::Error, _) if self.is_json() => sql.clone(),
            (_, Expected::Text) if !is_text => format!("{sql}::text"),
            _ => sql.clone(),
        }
    }
}

/// Builds the layout of a declared table. The types of all fields are correct. `version` is the version of a row, if
/// that is more than the version of the table's own.
pub(crate) fn layout(
    catalog: &TableCatalog,
    declaration: &Declaration,
    fields: &[TypedField],
    version: Option<&str>,
) -> Result<Layout, LayoutError> {
    let Some(table) = &catalog.jobs else { return Err(LayoutError::NoTable) };
    if !table.can_select {
        return Err(LayoutError::NoSelect);
    }
    if table.hidden_by_rls {
        return Err(LayoutError::HiddenByRls);
    }
    let zone = declaration.time_zone.as_deref().unwrap_or(DEFAULT_ZONE);
    let typed = |field: Field| fields.iter().find(|typed| typed.field == field);
    let name = |field: Field| typed(field).map(|_| field.name().to_owned());
    let time = |field: Field| {
        typed(field).map(|typed| TimeColumn {
            name: field.name().to_owned(),
            zone: typed.is_naive().then(|| zone.to_owned()),
        })
    };
    let is_json = typed(Field::Error).is_some_and(TypedField::is_json);
    let due = time(Field::Due);
    let mut assumptions = vec![];
    if fields.iter().any(TypedField::is_naive) && declaration.time_zone.is_none() {
        assumptions.push(format!(
            "times without a zone are read in {zone}: the declaration has no time_zone"
        ));
    }
    let state_values = allowed_states(table, declaration, typed(Field::State));
    let is_known = |value: &String| declaration.states.known().contains(value);
    Ok(Layout {
        relation: table.relation.clone(),
        id: typed(Field::Id).and_then(TypedField::id_type).unwrap_or(IdType::BigInt),
        kind: name(Field::Kind),
        state_column: Field::State.name().to_owned(),
        state_column_assumed: false,
        unread: vec![],
        unread_error: None,
        zone_doubt: None,
        other_state_column: None,
        also_claimed_by: None,
        state_names: declaration.states.clone(),
        states_closed: state_values.is_some_and(|values| values.iter().all(is_known)),
        unknown_states: vec![],
        due_optional: true,
        due: due.into_iter().collect(),
        locked_by: name(Field::Worker),
        locked_at: time(Field::LockedAt),
        heartbeat: time(Field::Heartbeat),
        attempts: name(Field::Attempts),
        max_attempts: name(Field::MaxAttempts),
        last_error: name(Field::Error).filter(|_| !is_json),
        error: name(Field::Error).filter(|_| is_json).map(|name| ErrorColumn {
            name,
            json: true,
            unchecked: typed(Field::Error).is_some_and(|error| error.r#type == "json"),
        }),
        workspace: name(Field::Workspace),
        priority: None,
        payload: name(Field::Payload),
        result: name(Field::Result),
        created: time(Field::Created),
        updated: match typed(Field::DeadSince) {
            // The time of death is also the order of dead letters.
            Some(_) => Some(TimeColumn { name: Field::Updated.name().to_owned(), zone: None }),
            None => time(Field::Updated),
        },
        updated_nullable: true,
        kinds: None,
        events: None,
        events_unseen: None,
        indexes: indexes(table, declaration, typed(Field::State)),
        partitions: table.partitions.clone(),
        estimated_rows: table.estimated_rows(catalog.block_size),
        in_recovery: catalog.in_recovery,
        server_time: catalog.server_time.clone(),
        assumptions,
        declared: Some(declared(table, declaration, fields, (zone, version))),
    })
}

fn declared(
    table: &CatalogTable,
    declaration: &Declaration,
    fields: &[TypedField],
    (zone, version): (&str, Option<&str>),
) -> Declared {
    let is_naive = |name: &&String| {
        table.column(name).is_some_and(|column| column.is_any(&["timestamp", "date"]))
    };
    let set = declaration.requeue.as_ref().map(DeclaredRequeue::columns).unwrap_or_default();
    let id = declaration.columns.get(&Field::Id).cloned();
    Declared {
        select: select(table, fields, (zone, version)),
        state: fields
            .iter()
            .find(|typed| typed.field == Field::State)
            .map(TypedField::select)
            .unwrap_or_default(),
        id_column: id.filter(|id| table.column(id).is_some()),
        counting: declaration.counting,
        requeue: declaration.requeue.clone(),
        zones: set.iter().filter(is_naive).map(|name| (name.clone(), zone.to_owned())).collect(),
        is_table: table.is_table,
        package: None,
    }
}

/// The select list of the subquery.
fn select(
    table: &CatalogTable,
    fields: &[TypedField],
    (zone, version): (&str, Option<&str>),
) -> String {
    let typed = |field: Field| fields.iter().find(|typed| typed.field == field);
    let instant = |typed: &TypedField| match typed.is_naive() {
        true => format!("({} at time zone {})", typed.select(), literal(zone)),
        false => typed.select(),
    };
    let mut columns = Vec::new();
    for typed in fields {
        let expression = typed.select();
        match typed.field {
            Field::DeadSince => {}
            Field::Updated if fields.iter().any(|other| other.field == Field::DeadSince) => {}
            field => columns.push(format!("{expression} as {}", ident(field.name()))),
        }
    }
    if let Some(dead_since) = typed(Field::DeadSince) {
        let times = [Some(dead_since), typed(Field::Updated), typed(Field::Created)];
        let times: Vec<_> = times.into_iter().flatten().map(instant).collect();
        let name = ident(Field::Updated.name());
        columns.push(format!("coalesce({}) as {name}", times.join(", ")));
    }
    if table.is_table {
        // A join hides the system columns of its tables from unqualified names.
        let own = format!("{}.xmin::text", ident(&table.relation.name));
        let version = match version {
            // Both are numbers of 32 bits.
            Some(other) => format!("(({own}::bigint << 32) | coalesce({other}, 0))::text"),
            None => own,
        };
        columns.push(format!("{version} as {}", ident(Declared::VERSION)));
    }
    columns.join(", ")
}

/// The values that the server allows for the state, if it is a column that is never NULL and they are proven.
fn allowed_states(
    table: &CatalogTable,
    declaration: &Declaration,
    state: Option<&TypedField>,
) -> Option<Vec<String>> {
    let name = declaration.columns.get(&Field::State)?;
    table.column(name).filter(|column| column.not_null)?;
    if state.is_some_and(|state| state.r#type == "boolean") {
        return Some(vec!["true".to_owned(), "false".to_owned()]);
    }
    table.allowed(name).filter(|allowed| allowed.validated).map(|allowed| allowed.values)
}

/// The indexes under the names of the fields, if the state is a text column: only its predicates are compared.
fn indexes(
    table: &CatalogTable,
    declaration: &Declaration,
    state: Option<&TypedField>,
) -> Vec<CatalogIndex> {
    let Some(name) = declaration.columns.get(&Field::State) else { return vec![] };
    if state.is_none_or(|state| state.r#type != "text" || state.sql != ident(name)) {
        return vec![];
    }
    let field_of = |column: &String| {
        let field = declaration.columns.iter().find(|(_, text)| *text == column);
        field.map(|(field, _)| field.name().to_owned())
    };
    let renamed = |index: &CatalogIndex| CatalogIndex {
        columns: index.columns.iter().map(|column| field_of(column.as_ref()?)).collect(),
        predicate: index.predicate.as_ref().map(|predicate| {
            predicate.replacen(&format!("({name} "), &format!("({} ", Field::State.name()), 1)
        }),
    };
    table.indexes.iter().map(renamed).collect()
}
