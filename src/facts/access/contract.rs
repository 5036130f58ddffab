//! Access contract: the expected access by table, role and command, and the expected policies.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SqlCommand;

/// The default contract: that of the runbook, for `jobs`.
pub const BUILT_IN: &str = include_str!("contract.toml");

/// The jobs table that the default contract is about.
pub(crate) const BUILT_IN_TABLE: &str = "public.jobs";

/// The contract of Supabase Storage, which `--storage` adds.
pub(crate) const STORAGE: &str = include_str!("storage.toml");

/// The schema of Supabase Storage.
pub(crate) const STORAGE_SCHEMA: &str = "storage";

/// A contract, as stored in a TOML file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Rules that `rows where NAME` refers to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rules: BTreeMap<String, ContractRule>,
    /// The protected tables, by qualified name.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, ContractTable>,
    /// Helper functions of policies, by signature.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) helpers: BTreeMap<String, ContractHelper>,
    /// Views, functions and relations with rules through which clients reach protected tables, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) paths: BTreeMap<String, ContractPath>,
    /// Findings that are accepted until a date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) waivers: Vec<Waiver>,
    /// Tables and paths whose entry has the comment `# review`: open to clients, and not yet confirmed.
    #[serde(skip)]
    pub(crate) review: BTreeSet<String>,
    /// Tables whose owner is the hosting platform, so that its listed grants are no finding.
    #[serde(skip)]
    pub(crate) platform_tables: BTreeSet<String>,
}

/// A helper function of policies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractHelper {
    /// Whether it is SECURITY DEFINER.
    #[serde(default)]
    pub(crate) definer: bool,
    /// Its `search_path` setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) search_path: Option<String>,
    /// Body.
    pub(crate) body: String,
}

/// A known path around row security.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractPath {
    /// Roles that may read through it.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// Tables whose rows it shows.
    #[serde(default)]
    pub(crate) tables: Vec<String>,
    /// Tables that a role may write through it, by role and by what the role does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) writes: BTreeMap<String, BTreeMap<PathWrite, Vec<String>>>,
    /// Digest of the source of a function without its comments. Another source is not accepted; without a digest any is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
}

/// How a role writes through a path.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PathWrite {
    /// INSERT into the view or relation.
    Insert,
    /// UPDATE of it.
    Update,
    /// DELETE from it.
    Delete,
    /// A call of the function.
    Call,
}

impl PathWrite {
    /// The way of a command; `None` for SELECT.
    pub(crate) fn by(command: SqlCommand) -> Option<Self> {
        match command {
            SqlCommand::Select => None,
            SqlCommand::Insert => Some(Self::Insert),
            SqlCommand::Update => Some(Self::Update),
            SqlCommand::Delete => Some(Self::Delete),
        }
    }

    /// For output: `INSERT`, `call`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Call => "call",
        }
    }
}

/// What a role reaches at the end of a path: it reads a table, or writes it in one way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathUse {
    /// Role.
    pub(crate) role: String,
    /// How it writes; `None` if it reads.
    pub(crate) write: Option<PathWrite>,
    /// Table.
    pub(crate) table: String,
}

impl ContractPath {
    /// Whether the contract accepts a use. To accept that a role reads does not accept that it writes.
    pub(crate) fn lists(&self, used: &PathUse) -> bool {
        match used.write {
            None => self.roles.contains(&used.role) && self.tables.contains(&used.table),
            Some(write) => {
                let tables = self.writes.get(&used.role).and_then(|ways| ways.get(&write));
                tables.is_some_and(|tables| tables.contains(&used.table))
            }
        }
    }

    /// Adds a use.
    pub(crate) fn add(&mut self, used: &PathUse) {
        let (role, table) = (&used.role, &used.table);
        let tables = match used.write {
            None => {
                insert(&mut self.roles, role);
                &mut self.tables
            }
            Some(write) => self.writes.entry(role.clone()).or_default().entry(write).or_default(),
        };
        insert(tables, table);
    }
}

/// Inserts a name into a sorted list.
fn insert(list: &mut Vec<String>, name: &str) {
    if let Err(at) = list.binary_search_by(|known| known.as_str().cmp(name)) {
        list.insert(at, name.to_owned());
    }
}

/// Membership rule: a user sees the rows of their own workspaces.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractRule {
    /// Qualified name of the membership table.
    pub(crate) membership: String,
    /// Column of the user id (the claim `sub`).
    pub(crate) user: String,
    /// Column of the workspace id.
    pub(crate) workspace_column: String,
}

/// Expected access to one table.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractTable {
    /// Whether row security is enabled.
    #[serde(default = "yes")]
    pub(crate) rls: bool,
    /// Whether row security applies to the owner as well.
    #[serde(default)]
    pub(crate) force: bool,
    /// Column of the workspace id, for rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) workspace_column: Option<String>,
    /// Expected access by role.
    #[serde(default)]
    pub(crate) roles: BTreeMap<String, Access>,
    /// Columns to which a permission is restricted, by role and command; all columns if absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) columns: BTreeMap<String, BTreeMap<CommandName, Vec<String>>>,
    /// All privileges that clients hold on the entire table, by role. If absent, those that `roles` needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grants: Option<BTreeMap<String, Vec<String>>>,
    /// All expected policies.
    #[serde(default)]
    pub(crate) policies: Vec<ContractPolicy>,
}

fn yes() -> bool {
    true
}

/// Expected access of a role to a table: one permission for all commands, or one for each.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Access {
    /// One permission for all commands.
    All(Permission),
    /// Permissions by command; other commands are denied.
    Each(BTreeMap<CommandName, Permission>),
}

/// A command, in lower case as in TOML keys.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CommandName {
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl From<SqlCommand> for CommandName {
    fn from(command: SqlCommand) -> Self {
        match command {
            SqlCommand::Select => Self::Select,
            SqlCommand::Insert => Self::Insert,
            SqlCommand::Update => Self::Update,
            SqlCommand::Delete => Self::Delete,
        }
    }
}

/// A permission.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(crate) enum Permission {
    /// All rows.
    Allow,
    /// No row.
    Deny,
    /// The rows that the expected policies allow, tested with this rule if there is one.
    Rows(Option<String>),
}

impl TryFrom<String> for Permission {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "allow" => Ok(Self::Allow),
            "deny" => Ok(Self::Deny),
            "rows" => Ok(Self::Rows(None)),
            other => match other.strip_prefix("rows where ") {
                Some(rule) if !rule.trim().is_empty() => Ok(Self::Rows(Some(rule.trim().into()))),
                _ => Err(format!(
                    "\"{text}\" is none of \"allow\", \"deny\", \"rows\", \"rows where RULE\""
                )),
            },
        }
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::Allow => "allow".into(),
            Permission::Deny => "deny".into(),
            Permission::Rows(None) => "rows".into(),
            Permission::Rows(Some(rule)) => format!("rows where {rule}"),
        }
    }
}

/// An expected policy. Expressions have the form that PostgreSQL deparses with `search_path = ''`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractPolicy {
    /// Name.
    pub(crate) name: String,
    /// Command; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<CommandName>,
    /// Roles.
    pub(crate) roles: Vec<String>,
    /// USING expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) using: Option<String>,
    /// WITH CHECK expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<String>,
    /// Whether it is RESTRICTIVE and not PERMISSIVE.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) restrictive: bool,
}

impl ContractPolicy {
    /// Whether it applies to a command.
    pub(crate) fn covers(&self, command: SqlCommand) -> bool {
        self.command.is_none_or(|c| c == command.into())
    }
}

/// A finding that is accepted until a date.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiver {
    /// Id of the check.
    pub(crate) check: String,
    /// Subject of the finding.
    pub(crate) subject: String,
    /// Name of the responsible owner.
    pub(crate) owner: String,
    /// Reason.
    pub(crate) reason: String,
    /// Last day on which it is valid, `YYYY-MM-DD`.
    #[schemars(with = "String")]
    pub(crate) expires: jiff::civil::Date,
}

impl Contract {
    /// Adds the tables of the hosting platform's contract that this one does not declare.
    pub(crate) fn add_platform(&mut self, platform: Self) {
        for (name, table) in platform.tables {
            if let Entry::Vacant(entry) = self.tables.entry(name) {
                self.platform_tables.insert(entry.key().clone());
                entry.insert(table);
            }
        }
    }
}

impl ContractTable {
    /// The rules that its permissions refer to.
    pub(crate) fn rules(&self) -> Vec<String> {
        let permissions = self.roles.values().flat_map(|access| match access {
            Access::All(permission) => vec![permission],
            Access::Each(by_command) => by_command.values().collect(),
        });
        let named = permissions.filter_map(|p| match p {
            Permission::Rows(rule) => rule.clone(),
            _ => None,
        });
        named.collect()
    }

    /// Whether the contract lists a privilege of a role.
    pub(crate) fn lists_grant(&self, role: &str, privilege: &str) -> bool {
        let listed = self.grants.as_ref().and_then(|grants| grants.get(role));
        listed.is_some_and(|privileges| privileges.iter().any(|p| p == privilege))
    }

    /// The columns to which a permission is restricted; empty if it is not.
    pub(crate) fn columns(&self, role: &str, command: SqlCommand) -> &[String] {
        let confined = self.columns.get(role).and_then(|each| each.get(&command.into()));
        confined.map_or(&[], Vec::as_slice)
    }

    /// The expected permission for a role and a command; `None` if the contract does not name the role.
    pub(crate) fn permission(&self, role: &str, command: SqlCommand) -> Option<Permission> {
        match self.roles.get(role)? {
            Access::All(permission) => Some(permission.clone()),
            Access::Each(by_command) => {
                Some(by_command.get(&command.into()).cloned().unwrap_or(Permission::Deny))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_contract_matches_the_runbook() {
        let contract: Contract = toml::from_str(BUILT_IN).unwrap();
        let jobs = &contract.tables["public.jobs"];
        assert_eq!(jobs.policies.len(), 2);
        let select = jobs.permission("authenticated", SqlCommand::Select);
        assert_eq!(select, Some(Permission::Rows(Some("member".into()))));
        assert_eq!(jobs.permission("authenticated", SqlCommand::Update), Some(Permission::Deny));
        assert_eq!(jobs.permission("service_role", SqlCommand::Delete), Some(Permission::Allow));
        assert_eq!(jobs.permission("anon", SqlCommand::Select), Some(Permission::Deny));
        assert_eq!(jobs.permission("postgres", SqlCommand::Select), None);
    }

    #[test]
    fn misspelled_permission_is_rejected_with_the_choices() {
        let text = "[tables.\"public.jobs\".roles]\nanon = \"denied\"\n";
        assert!(toml::from_str::<Contract>(text).is_err());
        assert!(Permission::try_from("denied".to_owned()).unwrap_err().contains("rows where"));
    }
}
