//! Grants and policies in the system catalog. Names are qualified, and quoted if needed
//! (`public.jobs`); expressions are deparsed with an empty `search_path`.

use serde::Deserialize;

use super::SqlCommand;
use super::evaluated::Evaluations;
pub(crate) use super::function::{SqlFunction, Trigger};

/// Catalog of the examined schemas, from one database snapshot.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessCatalog {
    /// Session of the operator.
    pub(crate) session: Session,
    /// Examined schemas, which the API exposes.
    pub(crate) schemas: Vec<String>,
    /// Examined roles.
    pub(crate) roles: Vec<Role>,
    /// Owners of views, SECURITY DEFINER functions and tables with triggers, and roles that examined roles can become,
    /// if they are neither examined nor superusers.
    pub(crate) owners: Vec<Role>,
    /// Tables, views and similar of all schemas except those of the system.
    pub(crate) relations: Vec<Relation>,
    /// Policies on these relations.
    pub(crate) policies: Vec<Policy>,
    /// Functions of all schemas except those of the system.
    pub(crate) functions: Vec<SqlFunction>,
    /// Triggers of all schemas except those of the system.
    pub(crate) triggers: Vec<Trigger>,
    /// Default privileges of future objects for clients.
    pub(crate) defaults: Vec<DefaultPrivilege>,
    /// What PostgreSQL answered when it evaluated the policies as each role.
    pub(crate) evaluations: Evaluations,
}

/// Session of the operator.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Session {
    /// Role of the connection.
    pub(crate) user: String,
    /// Value of `pgrst.db_schemas`, if set.
    pub(crate) api_schemas: Option<String>,
    /// All roles of the server.
    #[serde(default)]
    pub(crate) all_roles: Vec<String>,
    /// All schemas of the database.
    #[serde(default)]
    pub(crate) all_schemas: Vec<String>,
}

/// The examined role with this name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Role {
    /// Name.
    pub(crate) name: String,
    /// Whether it is an examined role, and not only one whose rights others use.
    pub(crate) examined: bool,
    /// Whether it is a superuser, who has all rights.
    pub(crate) superuser: bool,
    /// Whether it bypasses row security.
    pub(crate) bypass_rls: bool,
    /// Whether it has CREATEROLE, with which it can grant other roles to itself.
    pub(crate) create_role: bool,
    /// Whether the session can `SET ROLE` to it.
    pub(crate) assumable: bool,
    /// Roles whose rights it inherits, including itself.
    pub(crate) inherits: Vec<String>,
    /// Roles that it is a direct member of.
    pub(crate) member_of: Vec<String>,
    /// Roles that it can `SET ROLE` to.
    pub(crate) can_become: Vec<String>,
    /// Superusers and BYPASSRLS roles that it can `SET ROLE` to.
    pub(crate) can_become_bypass: Vec<String>,
    /// Examined schemas with USAGE for this role.
    pub(crate) schemas: Vec<String>,
}

impl Role {
    /// Whether it may call a function.
    pub(crate) fn may_call(&self, function: &SqlFunction) -> bool {
        self.schemas.contains(&function.schema) && function.executable_by.contains(&self.name)
    }
}

/// Kind of relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum RelationKind {
    /// An ordinary table.
    #[serde(rename = "r")]
    Table,
    /// A partitioned table.
    #[serde(rename = "p")]
    Partitioned,
    /// A view.
    #[serde(rename = "v")]
    View,
    /// A materialized view.
    #[serde(rename = "m")]
    Materialised,
    /// A foreign table.
    #[serde(rename = "f")]
    Foreign,
}

impl RelationKind {
    /// Name in output.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::View => "view",
            Self::Materialised => "materialised view",
            Self::Foreign => "foreign table",
        }
    }
}

/// A table, view or similar.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Relation {
    /// Qualified name, quoted if needed.
    pub(crate) name: String,
    /// Schema, unquoted.
    pub(crate) schema: String,
    /// Kind of relation.
    pub(crate) kind: RelationKind,
    /// Owner.
    pub(crate) owner: String,
    /// Whether its owner bypasses row security.
    pub(crate) owner_bypasses_rls: bool,
    /// Whether row security is enabled.
    pub(crate) rls: bool,
    /// Whether row security applies to the owner as well.
    pub(crate) force: bool,
    /// Table that it is a partition of.
    pub(crate) partition_of: Option<String>,
    /// Tables that it inherits from or is a partition of.
    pub(crate) inherits: Vec<String>,
    /// Columns whose change moves a row to another partition.
    pub(crate) partition_key: Vec<String>,
    /// Whether it is a view that reads with the rights of the caller.
    pub(crate) security_invoker: bool,
    /// Whether it is a view whose conditions run before those of the query that uses it.
    pub(crate) security_barrier: bool,
    /// Commands that it passes on to its table, if it is a view that can be written.
    pub(crate) passes_on: Vec<SqlCommand>,
    /// Whether it is in an examined schema.
    pub(crate) exposed: bool,
    /// Columns of the primary key, in order; empty if there is none.
    pub(crate) key: Vec<String>,
    /// Columns in which no two rows have the same value.
    pub(crate) unique_columns: Vec<String>,
    /// CHECK constraints as conditions that no stored row fails.
    pub(crate) checks: Vec<String>,
    /// Columns, except generated ones, which cannot be written.
    pub(crate) columns: Vec<String>,
    /// Privileges of the examined roles.
    pub(crate) grants: Vec<Grant>,
    /// The grants themselves.
    pub(crate) acl: Vec<AclEntry>,
    /// Columns with their types, if it is a table.
    pub(crate) types: Vec<ColumnType>,
    /// Relations that it reads, if it is a view.
    pub(crate) reads: Vec<String>,
    /// Signatures of the functions that it calls, if it is a view.
    pub(crate) calls: Vec<String>,
    /// Query, if it is a view.
    pub(crate) definition: Option<String>,
    /// Rules on INSERT, UPDATE and DELETE.
    pub(crate) rules: Vec<RewriteRule>,
    /// Foreign keys whose action changes rows of this table with the referenced row.
    pub(crate) cascades: Vec<Cascade>,
}

/// A column with its base type.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ColumnType {
    /// Name, unquoted.
    pub(crate) column: String,
    /// Name of the base type in `pg_type`: `int4`, `text`, `uuid`, `_text`.
    #[serde(rename = "type")]
    pub(crate) base: String,
    /// Maximum number of characters.
    pub(crate) length: Option<usize>,
    /// Whether it is NOT NULL.
    pub(crate) not_null: bool,
    /// Default, if it has one.
    pub(crate) default: Option<String>,
    /// Labels, if it is an enum.
    pub(crate) labels: Option<Vec<String>>,
}

/// A rule on a write. It runs with the rights of the owner of its relation.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RewriteRule {
    /// Name.
    pub(crate) name: String,
    /// Command that it applies to.
    pub(crate) event: SqlCommand,
    /// Other relations that its actions use.
    pub(crate) uses: Vec<String>,
}

/// A foreign key with an action. An action is `c` (CASCADE), `n` (SET NULL), `d` (SET DEFAULT), or another letter if it
/// changes no row.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Cascade {
    /// Referenced table.
    pub(crate) parent: String,
    /// Action ON DELETE.
    pub(crate) on_delete: char,
    /// Action ON UPDATE.
    pub(crate) on_update: char,
    /// Referenced columns.
    pub(crate) referenced: Vec<String>,
}

impl Relation {
    /// Its name without the schema, quoted if needed.
    pub(crate) fn local_name(&self) -> &str {
        let quoted = self.name.starts_with('"');
        let schema_end =
            if quoted { self.name.find("\".").map(|at| at + 1) } else { self.name.find('.') };
        schema_end.map_or(self.name.as_str(), |at| &self.name[at + 1..])
    }

    /// Whether it can have row security: tables can, views and foreign tables cannot.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.kind, RelationKind::Table | RelationKind::Partitioned)
    }

    /// The privileges of a role.
    pub(crate) fn grant(&self, role: &str) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.role == role)
    }

    /// Whether a role has a privilege on the entire table.
    pub(crate) fn has(&self, role: &str, privilege: &str) -> bool {
        self.grant(role).is_some_and(|grant| grant.privileges.iter().any(|p| p == privilege))
    }

    /// The columns to which the privilege of a role is restricted, in order.
    pub(crate) fn only_columns(&self, role: &str, privilege: &str) -> Vec<String> {
        let grants = self.grant(role).map_or(&[][..], |g| &g.columns);
        let mut columns: Vec<_> =
            grants.iter().filter(|c| c.privilege == privilege).map(|c| c.column.clone()).collect();
        columns.sort();
        columns
    }

    /// Whether a role has a privilege on some columns only.
    pub(crate) fn has_column(&self, role: &str, privilege: &str) -> bool {
        self.grant(role).is_some_and(|g| g.columns.iter().any(|c| c.privilege == privilege))
    }

    /// Whether a role has the privilege for a command, on the entire table or on columns.
    pub(crate) fn is_granted(&self, role: &str, command: SqlCommand) -> bool {
        self.has(role, command.sql()) || self.has_column(role, command.sql())
    }

    /// The commands that change rows which a role has a privilege for, on the entire table or on columns.
    pub(crate) fn granted_writes(&self, role: &str) -> Vec<SqlCommand> {
        let writes = [SqlCommand::Insert, SqlCommand::Update, SqlCommand::Delete];
        writes.into_iter().filter(|command| self.is_granted(role, *command)).collect()
    }

    /// The relations whose rows a write to this view may change. `pg_depend` does not tell the one in FROM from those in
    /// sub-selects, so the query has to if there are several; all of them if it does not.
    pub(crate) fn written_relations(&self) -> Vec<&str> {
        let named = (self.reads.len() > 1).then(|| self.named_in_from()).flatten();
        named.map_or_else(|| self.reads.iter().map(String::as_str).collect(), |name| vec![name])
    }

    /// The relation that FROM of its query names.
    fn named_in_from(&self) -> Option<&str> {
        let definition = self.definition.as_deref()?;
        let (mut depth, mut quote) = (0_usize, None);
        let from = definition.char_indices().find_map(|(at, c)| {
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('(', None) => depth += 1,
                (')', None) => depth = depth.saturating_sub(1),
                _ => {}
            }
            let is_outside = depth == 0 && quote.is_none();
            let rest = definition[at..].strip_prefix("FROM ").filter(|_| is_outside)?;
            Some(rest.strip_prefix("ONLY ").unwrap_or(rest))
        })?;
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let is_named = |name: &&String| from.strip_prefix(name.as_str()).is_some_and(is_end);
        self.reads.iter().find(is_named).map(String::as_str)
    }

    /// Whether a role can run any command on rows.
    pub(crate) fn reachable_by(&self, role: &str) -> bool {
        SqlCommand::ALL.iter().any(|c| self.has(role, c.sql()) || self.has_column(role, c.sql()))
    }
}

/// Privileges of one role on one relation, including inherited ones and those of PUBLIC.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Grant {
    /// Role.
    pub(crate) role: String,
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, `REFERENCES`, `TRIGGER`.
    pub(crate) privileges: Vec<String>,
    /// Privileges on single columns, except those on the entire table.
    pub(crate) columns: Vec<ColumnGrant>,
}

/// A privilege as it was granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct AclEntry {
    /// Role that holds it; `None` for PUBLIC.
    pub(crate) grantee: Option<String>,
    /// Role that granted it.
    pub(crate) grantor: String,
    /// Privilege.
    pub(crate) privilege: String,
    /// Column; `None` for the entire table.
    pub(crate) column: Option<String>,
}

/// A privilege on one column.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ColumnGrant {
    /// Privilege.
    pub(crate) privilege: String,
    /// Column.
    pub(crate) column: String,
}

/// A row security policy.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Policy {
    /// Qualified name of the table.
    pub(crate) table: String,
    /// Name.
    pub(crate) name: String,
    /// Command; `None` for ALL.
    pub(crate) command: Option<SqlCommand>,
    /// Whether it is PERMISSIVE and not RESTRICTIVE.
    pub(crate) permissive: bool,
    /// Roles; `public` for all roles.
    pub(crate) roles: Vec<String>,
    /// USING expression.
    pub(crate) using: Option<String>,
    /// WITH CHECK expression.
    pub(crate) check: Option<String>,
    /// Signatures of the functions that it calls, except built-in ones.
    pub(crate) functions: Vec<String>,
    /// Other relations that it reads.
    pub(crate) relations: Vec<String>,
    /// Columns of its table that it depends on, except through references to the whole row.
    pub(crate) columns: Vec<String>,
}

impl Policy {
    /// Whether it applies to a command.
    pub(crate) fn covers(&self, command: SqlCommand) -> bool {
        self.command.is_none_or(|c| c == command)
    }

    /// `ALL` or the command.
    pub(crate) fn command_word(&self) -> &'static str {
        self.command.map_or("ALL", SqlCommand::sql)
    }
}

/// A default privilege for future objects.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DefaultPrivilege {
    /// Owner of the objects.
    pub(crate) owner: String,
    /// Schema of the objects; `None` for all.
    pub(crate) schema: Option<String>,
    /// `TABLES` or `FUNCTIONS`.
    pub(crate) objects: String,
    /// Role that gets the privileges.
    pub(crate) grantee: String,
    /// Whether the login may change it.
    pub(crate) alterable: bool,
}

impl AccessCatalog {
    /// The relation with this qualified name.
    pub(crate) fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|r| r.name == name)
    }

    /// The functions that affect access directly: SECURITY DEFINER functions of the examined schemas, functions
    /// that policies call, and those that triggers run as their owner.
    pub(crate) fn relevant_functions(&self) -> impl Iterator<Item = &SqlFunction> {
        self.functions.iter().filter(|f| f.relevant)
    }

    /// The examined role with this name.
    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|r| r.name == name)
    }

    /// The function with this signature.
    pub(crate) fn function(&self, signature: &str) -> Option<&SqlFunction> {
        self.functions.iter().find(|f| f.signature == signature)
    }

    /// The policies on a table.
    pub(crate) fn policies_on<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Policy> {
        self.policies.iter().filter(move |p| p.table == table)
    }

    /// The tables of the examined schemas.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Relation> {
        self.relations.iter().filter(|r| r.exposed && r.is_table())
    }

    /// The policies that call a function.
    pub(crate) fn callers<'a>(&'a self, signature: &'a str) -> impl Iterator<Item = &'a Policy> {
        self.policies.iter().filter(move |p| p.functions.iter().any(|f| f == signature))
    }
}
