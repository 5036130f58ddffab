//! The flags that make a suggested command use the same target: context, configuration file, base URL and jobs table.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The flags that select the target. None contains a secret: a base URL with one is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFlags {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue_instance: Option<String>,
}

impl TargetFlags {
    /// No flags.
    pub const NONE: Self =
        Self { config: None, context: None, base_url: None, queue_instance: None };

    /// Creates the flags of the given context, configuration file and base URL.
    pub fn new(context: Option<&str>, config: Option<&Path>, base_url: Option<&str>) -> Self {
        Self {
            config: config.map(|file| file.to_string_lossy().into_owned()),
            context: context.map(str::to_owned),
            base_url: base_url.map(str::to_owned),
            queue_instance: None,
        }
    }

    /// Adds the flag that chooses the jobs table.
    pub fn with_queue_instance(self, instance: Option<&str>) -> Self {
        Self { queue_instance: instance.map(str::to_owned), ..self }
    }

    /// Creates the flag of a context.
    pub fn for_context(name: &str) -> Self {
        Self::new(Some(name), None, None)
    }

    /// Adds the flags that are missing. A command for a context keeps it, without a base URL: a context has its own.
    pub fn add(&mut self, flags: &Self) {
        let fill = |own: &mut Option<String>, other: &Option<String>| {
            if own.is_none() {
                own.clone_from(other);
            }
        };
        if self.context.is_none() {
            fill(&mut self.base_url, &flags.base_url);
            fill(&mut self.context, &flags.context);
        }
        fill(&mut self.config, &flags.config);
        fill(&mut self.queue_instance, &flags.queue_instance);
    }

    /// Returns the flags as words of a command line.
    pub(super) fn argv(&self) -> impl Iterator<Item = &str> {
        let flags = [
            ("--config", &self.config),
            ("-c", &self.context),
            ("--base-url", &self.base_url),
            ("--queue-instance", &self.queue_instance),
        ];
        let given = flags.into_iter().filter_map(|(flag, value)| Some([flag, value.as_deref()?]));
        given.flatten()
    }
}
