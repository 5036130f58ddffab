//! A parsed TOML file whose values know their lines and whose errors name them, never the text:
//! a broken line may hold a secret.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Error;
use crate::settings::suggest::did_you_mean;
use crate::settings::{Origin, Setting, duration};

/// A key as it stands in the file.
pub type TomlKey<'a> = Spanned<std::borrow::Cow<'a, str>>;
/// A value as it stands in the file.
pub type TomlValue<'a> = Spanned<DeValue<'a>>;

/// One file, and the context being read.
pub struct TomlDocument<'a> {
    /// Where it lies.
    pub path: &'a Path,
    text: &'a str,
    /// The context whose keys are being read.
    pub context: Option<String>,
}

impl<'a> TomlDocument<'a> {
    /// A file with this text.
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, context: None }
    }

    /// Its top-level table.
    pub fn table(&self) -> Result<DeTable<'a>, Error> {
        match DeTable::parse(self.text) {
            Ok(table) => Ok(table.into_inner()),
            Err(error) => Err(self.error(error.span().unwrap_or(0..0), error.message())),
        }
    }

    /// Where a key or value came from.
    pub fn origin(&self, span: Range<usize>) -> Origin {
        let context = self.context.clone();
        Origin::File { path: self.path.to_owned(), line: self.line(span), context }
    }

    fn line(&self, span: Range<usize>) -> usize {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        1 + before.iter().filter(|&&byte| byte == b'\n').count()
    }

    /// An error about something in the file.
    pub fn error(&self, span: Range<usize>, message: impl std::fmt::Display) -> Error {
        Error::config(format!("{}:{}: {message}", self.path.display(), self.line(span)))
    }

    /// The error for a key that nobody reads.
    pub fn unknown(&self, key: &TomlKey, known: &[&str]) -> Error {
        let message = format!("unknown key `{}`", key.get_ref());
        self.error(key.span(), message).hint(did_you_mean(key.get_ref(), known))
    }

    /// A table.
    pub fn inner<'v>(
        &self,
        key: &TomlKey,
        value: &'v TomlValue<'a>,
    ) -> Result<&'v DeTable<'a>, Error> {
        value.get_ref().as_table().ok_or_else(|| self.expected(key, value, "a table"))
    }

    /// A string that is not empty.
    pub fn string(&self, key: &TomlKey, value: &TomlValue) -> Result<Setting<String>, Error> {
        match value.get_ref().as_str() {
            Some(text) if !text.is_empty() => {
                Ok(Setting::new(text.to_owned(), self.origin(value.span())))
            }
            _ => Err(self.expected(key, value, "a string that is not empty")),
        }
    }

    /// A boolean.
    pub fn boolean(&self, key: &TomlKey, value: &TomlValue) -> Result<Setting<bool>, Error> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(Setting::new(*flag, self.origin(value.span()))),
            _ => Err(self.expected(key, value, "true or false")),
        }
    }

    /// A duration such as `"10m"`.
    pub fn duration(&self, key: &TomlKey, value: &TomlValue) -> Result<Setting<Duration>, Error> {
        let text = self.string(key, value)?;
        let time = duration::parse(&text.value);
        let time = time.map_err(|wanted| self.expected(key, value, &wanted))?;
        Ok(Setting::new(time, text.origin))
    }

    /// A number of at least zero.
    pub fn number(&self, value: &TomlValue) -> Option<f64> {
        let number: f64 = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok()?,
            DeValue::Float(float) => float.as_str().parse().ok()?,
            _ => return None,
        };
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    /// The error for a value of the wrong kind.
    pub fn expected(&self, key: &TomlKey, value: &TomlValue, wanted: &str) -> Error {
        let wanted = wanted.strip_prefix("expected ").unwrap_or(wanted);
        self.error(value.span(), format!("`{}` must be {wanted}", key.get_ref()))
    }
}
