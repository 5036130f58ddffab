//! What is declared: per table, role and command, and which policies say so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SqlCommand;

/// The contract that holds when no other is given: the runbook's, for `jobs`.
pub const BUILT_IN: &str = include_str!("contract.toml");

/// A contract, as its TOML file has it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Rules that `rows where NAME` refers to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, ContractRule>,
    /// The protected tables, by qualified name.
    #[serde(default)]
    pub tables: BTreeMap<String, ContractTable>,
    /// Findings that somebody answers for, for a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

/// Membership: a user sees the rows of the tenants they belong to.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ContractRule {
    /// The table of memberships, qualified.
    pub membership: String,
    /// Its column with the user's id (the claim `sub`).
    pub user: String,
    /// Its column with the tenant's id.
    pub tenant: String,
}

/// What is declared for a table.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ContractTable {
    /// Row security is on.
    #[serde(default = "yes")]
    pub rls: bool,
    /// Row security binds the owner too.
    #[serde(default)]
    pub force: bool,
    /// The column that a rule compares with the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What each role may do.
    #[serde(default)]
    pub roles: BTreeMap<String, Access>,
    /// Columns, by role and command, to which a permission is confined; every column when missing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, BTreeMap<CommandName, Vec<String>>>,
    /// Every policy there should be.
    #[serde(default)]
    pub policies: Vec<ContractPolicy>,
}

fn yes() -> bool {
    true
}

/// What a role may do with a table: one word for all commands, or one for each.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Access {
    /// The same for every command.
    All(Permission),
    /// By command; what is not named is denied.
    Each(BTreeMap<CommandName, Permission>),
}

/// A command, in the lower case of TOML keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CommandName {
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

/// What is permitted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Permission {
    /// Every row.
    Allow,
    /// No row.
    Deny,
    /// The rows that the declared policies admit; by this rule, where one is named.
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

/// A policy that should exist. Expressions as PostgreSQL deparses them under `search_path = ''`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ContractPolicy {
    /// Its name.
    pub name: String,
    /// One command; all when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandName>,
    /// Its roles.
    pub roles: Vec<String>,
    /// USING.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// WITH CHECK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// RESTRICTIVE, not PERMISSIVE.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restrictive: bool,
}

impl ContractPolicy {
    /// Whether it speaks of a command.
    #[must_use]
    pub fn covers(&self, command: SqlCommand) -> bool {
        self.command.is_none_or(|c| c == command.into())
    }
}

/// A finding that somebody answers for until a day.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Id of the check.
    pub check: String,
    /// The subject of the finding.
    pub subject: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub expires: jiff::civil::Date,
}

impl ContractTable {
    /// The rules that its permissions name.
    #[must_use]
    pub fn rules(&self) -> Vec<String> {
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

    /// The columns to which a permission is confined; empty: it is not.
    #[must_use]
    pub fn columns(&self, role: &str, command: SqlCommand) -> &[String] {
        let confined = self.columns.get(role).and_then(|each| each.get(&command.into()));
        confined.map_or(&[], Vec::as_slice)
    }

    /// What is declared for a role and a command; `None` when the contract is silent on the role.
    #[must_use]
    pub fn permission(&self, role: &str, command: SqlCommand) -> Option<Permission> {
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
