//! A TOML file that is being read. Values and errors carry their line; errors do not contain the
//! text of the line, which may be a secret.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Error;
use crate::settings::suggest::did_you_mean;
use crate::settings::{Origin, Setting, duration};

/// A key with its position.
pub(super) type TomlKey<'a> = Spanned<std::borrow::Cow<'a, str>>;
/// A value with its position.
pub(super) type TomlValue<'a> = Spanned<DeValue<'a>>;

/// One file and the context that is being read.
pub(super) struct TomlDocument<'a> {
    /// The path of the file.
    path: &'a Path,
    text: &'a str,
    /// The context whose keys are being read.
    pub(super) context: Option<String>,
}

impl<'a> TomlDocument<'a> {
    /// A file with this text.
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, context: None }
    }

    /// Its top-level table.
    pub(super) fn table(&self) -> Result<DeTable<'a>, Error> {
        match DeTable::parse(self.text) {
            Ok(table) => Ok(table.into_inner()),
            Err(error) => Err(self.error(error.span().unwrap_or(0..0), error.message())),
        }
    }

    /// The origin of a key or value.
    pub(super) fn origin(&self, span: Range<usize>) -> Origin {
        let context = self.context.clone();
        Origin::File { path: self.path.to_owned(), line: self.line(span), context }
    }

    /// The line of a position, from 1.
    fn line(&self, span: Range<usize>) -> usize {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        1 + before.iter().filter(|&&byte| byte == b'\n').count()
    }

    /// An error at a position in the file.
    pub(super) fn error(&self, span: Range<usize>, message: impl std::fmt::Display) -> Error {
        Error::config(format!("{}:{}: {message}", self.path.display(), self.line(span)))
    }

    /// The error for an unknown key.
    pub(super) fn unknown_key(&self, key: &TomlKey, known: &[&str]) -> Error {
        let message = format!("unknown key `{}`", key.get_ref());
        self.error(key.span(), message).hint(did_you_mean(key.get_ref(), known))
    }

    /// A value that must be a table.
    pub(super) fn subtable<'v>(
        &self,
        key: &TomlKey,
        value: &'v TomlValue<'a>,
    ) -> Result<&'v DeTable<'a>, Error> {
        value.get_ref().as_table().ok_or_else(|| self.expected(key, value, "a table"))
    }

    /// A value that must be a non-empty string.
    pub(super) fn string(
        &self,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<Setting<String>, Error> {
        match value.get_ref().as_str() {
            Some(text) if !text.is_empty() => {
                Ok(Setting::new(text.to_owned(), self.origin(value.span())))
            }
            _ => Err(self.expected(key, value, "a string that is not empty")),
        }
    }

    /// A value that must be a list of non-empty strings.
    pub(super) fn strings(
        &self,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<Setting<Vec<String>>, Error> {
        let wrong = || self.expected(key, value, "a list of strings that are not empty");
        let items = value.get_ref().as_array().ok_or_else(wrong)?;
        let text = |item: &TomlValue| {
            let text = item.get_ref().as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(wrong)
        };
        let strings = items.iter().map(text).collect::<Result<_, _>>()?;
        Ok(Setting::new(strings, self.origin(value.span())))
    }

    /// A value that must be a boolean.
    pub(super) fn boolean(&self, key: &TomlKey, value: &TomlValue) -> Result<Setting<bool>, Error> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(Setting::new(*flag, self.origin(value.span()))),
            _ => Err(self.expected(key, value, "true or false")),
        }
    }

    /// A value that must be a duration such as `"10m"`.
    pub(super) fn duration(
        &self,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<Setting<Duration>, Error> {
        let text = self.string(key, value)?;
        let time = duration::parse(&text.value);
        let time = time.map_err(|expected| self.expected(key, value, &expected))?;
        Ok(Setting::new(time, text.origin))
    }

    /// The value as a number of at least zero; `None` if it is not one.
    pub(super) fn number(&self, value: &TomlValue) -> Option<f64> {
        let number: f64 = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok()?,
            DeValue::Float(float) => float.as_str().parse().ok()?,
            _ => return None,
        };
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    /// The error for an invalid value.
    pub(super) fn expected(&self, key: &TomlKey, value: &TomlValue, expected: &str) -> Error {
        let expected = expected.strip_prefix("expected ").unwrap_or(expected);
        self.error(value.span(), format!("`{}` must be {expected}", key.get_ref()))
    }
}
