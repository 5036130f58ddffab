//! The variables that an application starts with, as far as they are known.

use std::collections::{BTreeMap, BTreeSet};

/// A variable as code sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable<'v> {
    /// It is set.
    Set(&'v str),
    /// It is not set.
    Unset,
    /// Whether it is set is not known.
    Unknown,
}

/// The variables of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Variables {
    set: BTreeMap<String, String>,
    /// Variables that are certainly not set, although others may be.
    unset: BTreeSet<String>,
    /// Variables that may be set by somebody else, although all others are known.
    doubtful: BTreeSet<String>,
    /// Variables that are not listed may be set.
    open: bool,
}

impl Variables {
    /// These variables and no others.
    pub fn only(set: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { set: set.into_iter().collect(), ..Self::default() }
    }

    /// Nothing is known but that these are not set.
    pub(crate) fn without<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let unset = names.into_iter().map(str::to_owned).collect();
        Self { unset, open: true, ..Self::default() }
    }

    /// The same, but a variable that is not set may be set by somebody else.
    pub(crate) fn doubting(mut self, name: &str) -> Self {
        if !self.set.contains_key(name) {
            self.doubtful.insert(name.to_owned());
        }
        self
    }

    /// The variable with a name.
    pub fn get(&self, name: &str) -> Variable<'_> {
        match self.set.get(name) {
            Some(value) => Variable::Set(value),
            None if self.unset.contains(name) => Variable::Unset,
            None if self.open || self.doubtful.contains(name) => Variable::Unknown,
            None => Variable::Unset,
        }
    }

    /// The variable with a name, if nobody else sets any.
    pub(crate) fn own(&self, name: &str) -> Variable<'_> {
        match self.get(name) {
            Variable::Unknown if !self.open => Variable::Unset,
            other => other,
        }
    }

    /// Whether variables that are not listed may be set.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.set.insert(name.to_owned(), value.to_owned());
    }

    /// The variables that are set.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.set.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Those that are certainly not set, if others may be; `None` if every other one is not set.
    pub(crate) fn absent(&self, read: &[String]) -> Option<Vec<String>> {
        if !self.open && self.doubtful.is_empty() {
            return None;
        }
        let known = read.iter().filter(|name| self.get(name) == Variable::Unset).cloned();
        Some(known.chain(self.unset.iter().cloned()).collect())
    }
}
