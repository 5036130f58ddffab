//! `config init`: a commented `cliplyctl.toml` from the current settings.

use super::{Origin, Setting, Settings};
use crate::dsn::Dsn;
use crate::facts::Threshold;
use crate::facts::thresholds::THRESHOLD_DOCS;
use crate::suggest::ShellCommand;

impl Settings {
    /// The text of a configuration file with one context, which has the database and the app of these settings. It
    /// contains no secret: those stay in variables and in the password file.
    pub(crate) fn starter(&self, context: &str) -> String {
        let key = toml::Value::String(context.to_owned()).to_string();
        let mut text = format!(
            "# Written by {}. `{}` lists the effective settings.\n\
             # Do not write secrets into this file: name a variable or a file that contains them.\n\n\
             default_context = {key}\n\n[context.{key}]\n",
            ShellCommand::new("config init"),
            ShellCommand::new("config show"),
        );
        text.push_str(&self.starter_app());
        text.push_str(&self.starter_database());
        text.push_str(
            "\n# protected = true           # writes need --confirm and --reason\n\
             # read_only = true           # writes are refused\n\
             # timeout = \"10s\"            # timeout of a command\n\
             # runbook_url = \"https://…\"  # URL of RUNBOOK.md in a browser\n",
        );
        text.push_str(&format!("\n# [context.{key}.thresholds]\n"));
        for doc in &THRESHOLD_DOCS {
            let threshold = threshold((doc.get)(&self.thresholds));
            text.push_str(&format!("# {} = {threshold}  # {}\n", doc.name, doc.unit));
        }
        text
    }

    fn starter_app(&self) -> String {
        let mut text = match &self.base_url {
            Ok(url) => line("base_url", &url.value, &url.origin),
            Err(_) => "# base_url = \"https://api.example.com\"  # without /api\n".to_owned(),
        };
        text.push_str(&match &self.admin_token {
            Ok(Setting { origin: Origin::Env(name), .. }) => quoted("admin_token_env", name),
            _ => "# admin_token_env = \"CLIPLY_ADMIN_TOKEN\"  # for ready --admin\n".to_owned(),
        });
        for header in self.headers.iter().flatten() {
            let name = toml::Value::String(header.name.clone());
            text.push_str(&format!("# headers = {{ {name} = {{ env = \"…\" }} }}\n"));
        }
        text
    }

    /// The database: the variable that holds its URL, otherwise the URL without the password.
    fn starter_database(&self) -> String {
        match &self.database {
            Ok(Setting { origin: Origin::Env(name), .. }) if name == "DATABASE_URL" => {
                quoted("database_url_env", name)
            }
            Ok(database) => {
                let mut text = line("database_url", &database.value.to_url(), &database.origin);
                if has_password(&database.value) {
                    text.push_str("# Put its password into ~/.pgpass, or the whole URL into a variable or file:\n");
                    text.push_str("# database_url_env = \"DATABASE_URL\"\n");
                }
                text
            }
            Err(_) => {
                "# database_url_env = \"DATABASE_URL\"  # or database_url, database_url_file\n"
                    .to_owned()
            }
        }
    }
}

fn has_password(dsn: &Dsn) -> bool {
    dsn.hosts.iter().any(|host| host.password.is_some())
}

/// A threshold as the file writes it.
fn threshold(threshold: Threshold) -> String {
    match (threshold.warning, threshold.critical) {
        (None, None) => "false".to_owned(),
        (Some(warning), Some(critical)) => {
            format!("{{ warning = {warning}, critical = {critical} }}")
        }
        (Some(warning), None) => format!("{{ warning = {warning} }}"),
        (None, Some(critical)) => format!("{{ critical = {critical} }}"),
    }
}

/// A key with its value and the origin of the value.
fn line(key: &str, value: &str, origin: &Origin) -> String {
    let value = toml::Value::String(value.to_owned());
    let origin = origin.to_string().replace(['\n', '\r'], " ");
    format!("{key} = {value}  # from {origin}\n")
}

fn quoted(key: &str, value: &str) -> String {
    format!("{key} = {}\n", toml::Value::String(value.to_owned()))
}
