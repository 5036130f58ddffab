//! How the app is asked for its health and readiness.

use std::time::Duration;

use super::Setting;

/// The default maximum age of an answer.
const MAX_ANSWER_AGE: Duration = Duration::from_secs(60);

/// The endpoints of the app and how its answers are evaluated.
#[derive(Debug, Clone)]
pub(crate) struct AppSettings {
    /// Path of the health report.
    pub(crate) healthz_path: Setting<String>,
    /// Path of the readiness report.
    pub(crate) readyz_path: Setting<String>,
    /// Path of the readiness report for operators.
    pub(crate) admin_readyz_path: Setting<String>,
    /// The maximum age of an answer; an older one is UNKNOWN.
    pub(crate) max_answer_age: Setting<Duration>,
    /// The components of the readiness report that are shown, but not evaluated.
    pub(crate) ignored_components: Setting<Vec<String>>,
}

impl Default for AppSettings {
    fn default() -> Self {
        let path = |path: &str| Setting::default_value(path.to_owned());
        Self {
            healthz_path: path("/api/healthz"),
            readyz_path: path("/api/readyz"),
            admin_readyz_path: path("/api/admin/readyz"),
            max_answer_age: Setting::default_value(MAX_ANSWER_AGE),
            ignored_components: Setting::default_value(Vec::new()),
        }
    }
}

/// The values of a context that replace the defaults.
#[derive(Debug, Clone, Default)]
pub(super) struct AppOverrides {
    pub(super) healthz_path: Option<Setting<String>>,
    pub(super) readyz_path: Option<Setting<String>>,
    pub(super) admin_readyz_path: Option<Setting<String>>,
    pub(super) max_answer_age: Option<Setting<Duration>>,
    pub(super) ignored_components: Option<Setting<Vec<String>>>,
}

impl AppSettings {
    /// Replaces the values that a context sets.
    pub(super) fn apply(&mut self, context: &AppOverrides) {
        replace(&mut self.healthz_path, &context.healthz_path);
        replace(&mut self.readyz_path, &context.readyz_path);
        replace(&mut self.admin_readyz_path, &context.admin_readyz_path);
        replace(&mut self.max_answer_age, &context.max_answer_age);
        replace(&mut self.ignored_components, &context.ignored_components);
    }
}

fn replace<T: Clone>(setting: &mut Setting<T>, value: &Option<Setting<T>>) {
    if let Some(value) = value {
        *setting = value.clone();
    }
}

/// Whether `path` can follow the base URL: `/readyz` or `/readyz?verbose`.
pub(super) fn is_endpoint_path(path: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_graphic() && c != '#' && c != '\\';
    path.starts_with('/') && !path.starts_with("//") && path.chars().all(is_allowed)
}
