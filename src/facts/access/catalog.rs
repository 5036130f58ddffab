//! What the system catalog says about access. Names come qualified and quoted where needed
//! (`public.jobs`), expressions deparsed under an empty `search_path`.

use serde::Deserialize;

use super::SqlCommand;
pub use super::function::{SqlFunction, Trigger};

/// The catalog of the examined schemas, as one moment saw it.
#[derive(Debug, Clone, Default)]
pub struct AccessCatalog {
    /// Who asks.
    pub session: Session,
    /// The schemas that the API exposes, as examined.
    pub schemas: Vec<String>,
    /// The examined roles.
    pub roles: Vec<Role>,
    /// Tables, views and the like, and those that policies refer to.
    pub relations: Vec<Relation>,
    /// Policies on them.
    pub policies: Vec<Policy>,
    /// SECURITY DEFINER functions of the schemas and every function that a policy calls.
    pub functions: Vec<SqlFunction>,
    /// SECURITY DEFINER functions that rows set off.
    pub triggers: Vec<Trigger>,
    /// What future objects will grant to clients.
    pub defaults: Vec<DefaultPrivilege>,
}

/// The operator's own session.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Session {
    /// The role we connected as.
    pub user: String,
    /// Whether row security never applies to it.
    pub bypasses_rls: bool,
    /// `pgrst.db_schemas`, where it is set.
    pub api_schemas: Option<String>,
}

/// An examined role.
#[derive(Debug, Clone, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// A superuser: nothing is checked.
    pub superuser: bool,
    /// Row security never applies.
    pub bypass_rls: bool,
    /// Whether we may `SET ROLE` to it.
    pub assumable: bool,
    /// Roles whose rights it has without asking, itself included.
    pub inherits: Vec<String>,
    /// Superusers and BYPASSRLS roles that it may become.
    pub can_become_bypass: Vec<String>,
    /// Schemas that it may use, of the examined ones.
    pub schemas: Vec<String>,
}

/// What kind of relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RelationKind {
    /// An ordinary table.
    #[serde(rename = "r")]
    Table,
    /// A partitioned table.
    #[serde(rename = "p")]
    Partitioned,
    /// A view.
    #[serde(rename = "v")]
    View,
    /// A materialised view.
    #[serde(rename = "m")]
    Materialised,
    /// A foreign table.
    #[serde(rename = "f")]
    Foreign,
}

impl RelationKind {
    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::View => "view",
            Self::Materialised => "materialised view",
            Self::Foreign => "foreign table",
        }
    }
}

/// A table, view or the like.
#[derive(Debug, Clone, Deserialize)]
pub struct Relation {
    /// Qualified, quoted where needed.
    pub name: String,
    /// Its schema, unquoted.
    pub schema: String,
    /// What it is.
    pub kind: RelationKind,
    /// Its owner.
    pub owner: String,
    /// Whether row security never applies to its owner.
    pub owner_bypasses_rls: bool,
    /// Row security is on.
    pub rls: bool,
    /// Row security binds the owner too.
    pub force: bool,
    /// The table it is a partition of.
    pub partition_of: Option<String>,
    /// A view that reads with the caller's rights.
    pub security_invoker: bool,
    /// In an examined schema, not merely referred to.
    pub exposed: bool,
    /// The columns of the primary key, in order; empty where there is none.
    pub key: Vec<String>,
    /// Its columns; generated ones, which nobody writes, left out.
    pub columns: Vec<String>,
    /// What each examined role holds.
    pub grants: Vec<Grant>,
    /// Relations that a view reads.
    pub reads: Vec<String>,
}

impl Relation {
    /// Tables can have row security; views and foreign tables cannot.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.kind, RelationKind::Table | RelationKind::Partitioned)
    }

    /// What a role holds.
    #[must_use]
    pub fn grant(&self, role: &str) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.role == role)
    }

    /// Whether a role holds a privilege on the whole table.
    #[must_use]
    pub fn has(&self, role: &str, privilege: &str) -> bool {
        self.grant(role).is_some_and(|grant| grant.privileges.iter().any(|p| p == privilege))
    }

    /// The columns on which alone a role holds a privilege, in order.
    #[must_use]
    pub fn only_columns(&self, role: &str, privilege: &str) -> Vec<String> {
        let grants = self.grant(role).map_or(&[][..], |g| &g.columns);
        let mut columns: Vec<_> =
            grants.iter().filter(|c| c.privilege == privilege).map(|c| c.column.clone()).collect();
        columns.sort();
        columns
    }

    /// Whether a role holds a privilege on some column alone.
    #[must_use]
    pub fn has_column(&self, role: &str, privilege: &str) -> bool {
        self.grant(role).is_some_and(|g| g.columns.iter().any(|c| c.privilege == privilege))
    }

    /// Whether a role may run any command on rows.
    #[must_use]
    pub fn reachable_by(&self, role: &str) -> bool {
        SqlCommand::ALL.iter().any(|c| self.has(role, c.sql()) || self.has_column(role, c.sql()))
    }
}

/// What one role holds on one relation, inherited rights and PUBLIC's included.
#[derive(Debug, Clone, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: String,
    /// `SELECT`, `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, `REFERENCES`, `TRIGGER`.
    pub privileges: Vec<String>,
    /// Rights on single columns that the table's do not cover.
    pub columns: Vec<ColumnGrant>,
}

/// A right on one column.
#[derive(Debug, Clone, Deserialize)]
pub struct ColumnGrant {
    /// The privilege.
    pub privilege: String,
    /// The column.
    pub column: String,
}

/// A policy.
#[derive(Debug, Clone, Deserialize)]
pub struct Policy {
    /// The table, qualified.
    pub table: String,
    /// Its name.
    pub name: String,
    /// `None` means ALL.
    pub command: Option<SqlCommand>,
    /// PERMISSIVE, not RESTRICTIVE.
    pub permissive: bool,
    /// Roles; `public` stands for everybody.
    pub roles: Vec<String>,
    /// USING.
    pub using: Option<String>,
    /// WITH CHECK.
    pub check: Option<String>,
    /// Functions that it calls, by signature; the built-in ones left out.
    pub functions: Vec<String>,
    /// Other relations that it reads.
    pub relations: Vec<String>,
}

impl Policy {
    /// Whether it speaks of a command.
    #[must_use]
    pub fn covers(&self, command: SqlCommand) -> bool {
        self.command.is_none_or(|c| c == command)
    }

    /// `ALL` or the command.
    #[must_use]
    pub fn command_word(&self) -> &'static str {
        self.command.map_or("ALL", SqlCommand::sql)
    }
}

/// A right that objects of the future will grant.
#[derive(Debug, Clone, Deserialize)]
pub struct DefaultPrivilege {
    /// Whose objects.
    pub owner: String,
    /// In which schema; all of them when missing.
    pub schema: Option<String>,
    /// `TABLES` or `FUNCTIONS`.
    pub objects: String,
    /// To whom.
    pub grantee: String,
    /// Which rights.
    pub privileges: Vec<String>,
}

impl AccessCatalog {
    /// A relation by its qualified name.
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|r| r.name == name)
    }

    /// An examined role.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|r| r.name == name)
    }

    /// A function by its signature.
    #[must_use]
    pub fn function(&self, signature: &str) -> Option<&SqlFunction> {
        self.functions.iter().find(|f| f.signature == signature)
    }

    /// The policies on a table.
    pub fn policies_on<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Policy> {
        self.policies.iter().filter(move |p| p.table == table)
    }

    /// The tables of the examined schemas.
    pub fn tables(&self) -> impl Iterator<Item = &Relation> {
        self.relations.iter().filter(|r| r.exposed && r.is_table())
    }

    /// The policies that call a function.
    pub fn callers<'a>(&'a self, signature: &'a str) -> impl Iterator<Item = &'a Policy> {
        self.policies.iter().filter(move |p| p.functions.iter().any(|f| f == signature))
    }
}
