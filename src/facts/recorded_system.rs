//! A system with snapshots in the history.

/// A recorded system.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordedSystem {
    /// Row id, by which the operator can select it.
    pub(crate) id: i64,
    /// Its first address, or the name that the operator chose.
    pub(crate) name: String,
    /// Name of the context that was used last.
    pub(crate) context: Option<String>,
    /// Where it was reached, latest first.
    pub(crate) addresses: Vec<String>,
    /// Number of snapshots.
    pub(crate) snapshots: u64,
    /// Times of the first and the last snapshot, milliseconds since 1970.
    pub(crate) range: Option<(i64, i64)>,
}

impl RecordedSystem {
    /// Whether the operator can mean this system by a text.
    pub(crate) fn is_called(&self, text: &str) -> bool {
        self.name == text
            || self.id.to_string() == text
            || self.context.as_deref() == Some(text)
            || self.addresses.iter().any(|address| address == text)
    }
}
