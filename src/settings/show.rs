//! The rows of `config show`: every setting with its origin, secrets redacted.

use super::{Origin, Setting, Settings};
use crate::dsn::{REDACTED, RootCert};
use crate::facts::SourceError;
use crate::facts::acknowledged::Acknowledgement;
use crate::facts::thresholds::{THRESHOLD_DOCS, ThresholdDoc, threshold_text};
use crate::queue::{Declaration, InstanceChoice, QueueChoice};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// The name of the setting.
    pub(crate) name: String,
    /// Its value: `***` for secrets, empty if it is not set.
    pub(crate) value: String,
    /// Where it is defined, or why it is missing.
    pub(crate) origin: String,
}

fn setting_row(name: &str, value: impl Into<String>, origin: impl ToString) -> SettingRow {
    SettingRow { name: name.to_owned(), value: value.into(), origin: origin.to_string() }
}

fn setting<T: ToString>(name: &str, value: &Result<Setting<T>, SourceError>) -> SettingRow {
    match value {
        Ok(setting) => setting_row(name, setting.value.to_string(), &setting.origin),
        Err(error) => setting_row(name, "", error),
    }
}

impl Settings {
    /// Every setting, the most important first.
    pub(crate) fn shown(&self) -> impl Iterator<Item = SettingRow> {
        let context = self.context_name.as_deref().unwrap_or("");
        let mut rows = vec![setting_row("context", context, "")];
        rows.push(setting("base_url", &self.base_url));
        rows.extend(self.shown_database());
        rows.push(setting("admin_token", &self.admin_token));
        rows.extend(self.shown_headers());
        let protecting = self.protected.as_ref().map(|name| format!("context {name}"));
        rows.push(setting_row(
            "protected",
            protecting.is_some().to_string(),
            protecting.unwrap_or_default(),
        ));
        rows.push(setting_row("read_only", self.read_only.to_string(), ""));
        let timeout = jiff::SignedDuration::try_from(self.timeout.value).unwrap_or_default();
        rows.push(setting_row("timeout", format!("{timeout:#}"), &self.timeout.origin));
        let unit = self.oldest_job_age_unit.as_ref();
        let unit_origin = unit.map_or(&Origin::Default, |unit| &unit.origin);
        rows.push(setting_row(
            "oldest_job_age_unit",
            unit.map_or("", |u| u.value.as_str()),
            unit_origin,
        ));
        if let Some(column) = &self.state_column {
            rows.push(setting_row("state_column", column.value.clone(), &column.origin));
        }
        if let Some(zone) = &self.time_zone {
            rows.push(setting_row("time_zone", zone.value.clone(), &zone.origin));
        }
        if let Some(counting) = &self.attempts_counted {
            let word = counting.value.as_str();
            rows.push(setting_row("attempts_counted", word, &counting.origin));
        }
        if let Some(queue) = &self.queue {
            rows.push(setting_row("queue", shown_queue(&queue.value), &queue.origin));
        }
        rows.extend(self.shown_app());
        if let Some(contract) = &self.access_contract {
            let path = contract.value.display().to_string();
            rows.push(setting_row("access_contract", path, &contract.origin));
        }
        if let Some(url) = &self.runbook_url {
            rows.push(setting_row("runbook_url", url.value.clone(), &url.origin));
        }
        rows.extend(self.shown_limits());
        rows.extend(self.shown_acknowledged());
        let state_dir = self.state_dir.as_ref().map(|path| path.display().to_string());
        rows.push(setting_row("state_dir", state_dir.unwrap_or_default(), ""));
        rows.into_iter()
    }

    fn shown_app(&self) -> Vec<SettingRow> {
        let app = &self.app;
        let paths = [
            ("healthz_path", &app.healthz_path),
            ("readyz_path", &app.readyz_path),
            ("admin_readyz_path", &app.admin_readyz_path),
        ];
        let paths = paths.map(|(name, path)| setting_row(name, path.value.as_str(), &path.origin));
        let max_age = jiff::SignedDuration::try_from(app.max_answer_age.value).unwrap_or_default();
        let mut rows = paths.to_vec();
        rows.push(setting_row(
            "max_answer_age",
            format!("{max_age:#}"),
            &app.max_answer_age.origin,
        ));
        let ignored = &app.ignored_components;
        rows.push(setting_row("ignored_components", ignored.value.join(", "), &ignored.origin));
        rows
    }

    fn shown_database(&self) -> Vec<SettingRow> {
        let mut rows = vec![setting("database", &self.database)];
        let Ok(database) = &self.database else { return rows };
        let dsn = &database.value;
        for host in &dsn.hosts {
            let password = host.password.as_ref();
            let origin = password.map_or("none found", |password| password.origin.as_str());
            let value = password.map_or("", |_| REDACTED);
            rows.push(setting_row("database.password", value, origin));
        }
        rows.dedup();
        let trust = match &dsn.tls.root {
            RootCert::System => "system CAs".to_owned(),
            RootCert::File(path) | RootCert::Default(Some(path)) => path.display().to_string(),
            RootCert::Default(None) => "no root certificate".to_owned(),
        };
        rows.push(setting_row("database.sslmode", dsn.tls.mode.as_str(), trust));
        rows
    }

    fn shown_headers(&self) -> Vec<SettingRow> {
        match &self.headers {
            Ok(headers) => headers
                .iter()
                .map(|h| setting_row(&format!("headers.{}", h.name), REDACTED, &h.value.origin))
                .collect(),
            Err(error) => vec![setting_row("headers", "", error)],
        }
    }

    fn shown_acknowledged(&self) -> Vec<SettingRow> {
        let row = |entry: &Setting<Acknowledgement>| {
            let Acknowledgement { group, owner, reason, expires, max_jobs, context } = &entry.value;
            let context = context.as_ref().map(|name| format!("; only context {name}"));
            let value = format!(
                "at most {} until {expires}; {owner}: {reason}{}",
                crate::text::plural(*max_jobs, "job", "jobs"),
                context.unwrap_or_default()
            );
            setting_row(&format!("acknowledged.{group}"), value, &entry.origin)
        };
        self.acknowledged.iter().map(row).collect()
    }

    fn shown_limits(&self) -> Vec<SettingRow> {
        let origin = |name| self.threshold_origins.get(name).unwrap_or(&Origin::Default);
        let limit = |doc: &ThresholdDoc| {
            let text = threshold_text((doc.get)(&self.thresholds), doc.unit);
            setting_row(
                &format!("thresholds.{}", doc.name),
                crate::text::threshold(&text),
                origin(doc.name),
            )
        };
        let mut rows: Vec<_> = THRESHOLD_DOCS.iter().map(limit).collect();
        let stuck_after = crate::text::duration(self.thresholds.stuck_after);
        rows.push(setting_row("thresholds.stuck_after", stuck_after, origin("stuck_after")));
        rows
    }
}

fn shown_queue(choice: &QueueChoice) -> String {
    match choice {
        QueueChoice::Declared(declaration) => {
            let Declaration { schema, table, .. } = &**declaration;
            let name = schema.as_ref().map_or(table.clone(), |schema| format!("{schema}.{table}"));
            format!("declared: {name}")
        }
        QueueChoice::Instance(InstanceChoice { package, schema }) => {
            let package = package.map_or("any package", |package| package.name());
            let schema = schema.as_ref().map(|schema| format!(" in schema {schema}"));
            format!("{package}{}", schema.unwrap_or_default())
        }
    }
}
