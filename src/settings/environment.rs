//! A snapshot of the process environment, the only access to it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::login_name;

/// A snapshot of the environment. An empty variable counts as unset.
#[derive(Clone, Default)]
pub struct ProcessEnvironment {
    variables: BTreeMap<String, String>,
    /// The login name of the user of this process in the account database.
    account: Option<String>,
}

impl ProcessEnvironment {
    /// The environment of this process. Bytes that are not UTF-8 are replaced.
    pub(crate) fn from_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let variables = std::env::vars_os();
        let variables = variables.map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        });
        Self { account: login_name::of_account(), ..Self::from_pairs(variables) }
    }

    /// An environment with these variables.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = pairs.into_iter();
        let variables = pairs.map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, account: None }
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every variable, including empty ones, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The database user of a connection that names none, as in libpq: the name of the account; in a container
    /// without accounts, USER.
    pub(crate) fn login_name(&self) -> Option<&str> {
        let account = self.account.as_deref();
        account.or_else(|| self.get("USER")).or_else(|| self.get("LOGNAME"))
    }

    /// The home directory.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// A base directory of the XDG specification: the value of `variable`, otherwise `below_home`
    /// in the home directory. A relative value is ignored, as the specification requires.
    pub(crate) fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let from_variable = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        from_variable.or_else(|| Some(self.home()?.join(below_home)))
    }

    /// Converts text to a path; a leading `~/` is the home directory.
    pub(crate) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }
}

/// Shows only names: any value may be a secret.
impl std::fmt::Debug for ProcessEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variable_is_unset() {
        let environment = ProcessEnvironment::from_pairs([("PGHOST", ""), ("PGPORT", "1")]);
        assert_eq!(environment.get("PGHOST"), None);
        assert_eq!(environment.get("PGPORT"), Some("1"));
    }

    #[test]
    fn relative_xdg_directory_is_ignored() {
        let environment =
            ProcessEnvironment::from_pairs([("HOME", "/home/x"), ("XDG_STATE_HOME", "state")]);
        let state = environment.xdg("XDG_STATE_HOME", ".local/state");
        assert_eq!(state, Some(PathBuf::from("/home/x/.local/state")));
    }

    #[test]
    fn debug_shows_names_without_values() {
        let environment = ProcessEnvironment::from_pairs([("PGPASSWORD", "hunter2")]);
        assert_eq!(format!("{environment:?}"), r#"{"PGPASSWORD"}"#);
    }
}
