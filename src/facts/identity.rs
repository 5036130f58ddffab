//! Which database a server says it is, however it was reached.

use serde::{Deserialize, Serialize};

/// The server's own identity of a database. The spelling of a host is none: one server has many names, and one
/// name can lead to another server tomorrow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatabaseIdentity {
    /// System identifier of the cluster; `None` if this role may not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<String>,
    /// Object id of the database.
    pub(crate) oid: u32,
    /// Name of the database.
    pub(crate) name: String,
}

impl DatabaseIdentity {
    /// Returns the run of the server that started then; `None` if its system identifier is not known.
    pub(crate) fn run(&self, started: i64) -> Option<ServerRun> {
        let system = self.system.as_ref()?;
        Some(ServerRun { identity: format!("{system}/{}/{}", self.oid, self.name), started })
    }

    /// Whether both are the same database; `None` if that cannot be told, because only one of them has a system
    /// identifier or none has.
    pub(crate) fn is_same(&self, other: &Self) -> Option<bool> {
        if (self.oid, &self.name) != (other.oid, &other.name) {
            return Some(false);
        }
        match (&self.system, &other.system) {
            (Some(one), Some(other)) => Some(one == other),
            _ => None,
        }
    }
}

/// The jobs table that a plan or an operation belongs to, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobsTable {
    /// `host:port/database`.
    pub(crate) database: String,
    /// The database that the server says it is; `None` in records of earlier versions.
    #[serde(default)]
    pub(crate) identity: Option<DatabaseIdentity>,
    /// Schema and name of the table; `None` in records of earlier versions. A database can have several queues.
    #[serde(default)]
    pub(crate) table: Option<String>,
}

impl JobsTable {
    /// Whether both are in the same database. If the servers cannot be compared, the addresses are.
    pub(crate) fn is_same_database(&self, other: &Self) -> bool {
        let identities = self.identity.as_ref().zip(other.identity.as_ref());
        let same_address = self.database == other.database;
        identities.and_then(|(one, other)| one.is_same(other)).unwrap_or(same_address)
    }

    /// Whether both are the same table.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let tables = self.table.as_ref().zip(other.table.as_ref());
        self.is_same_database(other) && tables.is_none_or(|(one, other)| one == other)
    }
}

/// A database on a server between two starts of the server. A copy of a server has the same identifiers, but did not
/// start in the same microsecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRun {
    /// System identifier of the cluster, object id and name of the database.
    pub identity: String,
    /// When the server started, microseconds since 1970.
    pub started: i64,
}

/// The write protection of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Protection {
    /// The context that protects it; writes require its name.
    pub(crate) protected: Option<String>,
    /// Why writes are refused, if they are: `context ro marks this database read-only (cliplyctl.toml:6)`.
    pub(crate) read_only_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_that_of_server_and_database() {
        let identity = |system: Option<&str>, oid, name: &str| DatabaseIdentity {
            system: system.map(str::to_owned),
            oid,
            name: name.to_owned(),
        };
        let one = identity(Some("1"), 5, "app");
        assert_eq!(one.is_same(&one), Some(true));
        assert_eq!(one.is_same(&identity(Some("2"), 5, "app")), Some(false), "another server");
        assert_eq!(one.is_same(&identity(Some("1"), 6, "app")), Some(false), "created again");
        assert_eq!(one.is_same(&identity(None, 6, "app")), Some(false));
        assert_eq!(one.is_same(&identity(None, 5, "app")), None);
    }
}
