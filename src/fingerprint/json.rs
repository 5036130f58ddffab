//! What a JSON error says: its message, its code, its HTTP status.
//!
//! Read as a stream, so that an error cut off in the middle still gives what came before the cut, nothing but the
//! message is ever copied, and a large error costs no more than its first kilobytes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::cause::clip;

/// What was found; the lower rank of two candidates wins, then the outer one.
#[derive(Default)]
pub(crate) struct FoundText<'a> {
    pub(crate) message: Option<Cow<'a, str>>,
    message_rank: Rank,
    symbol: Option<Cow<'a, str>>,
    symbol_rank: Rank,
    http: Option<u64>,
    number: Option<i64>,
    exit: Option<i64>,
    /// The field a validation error is about, such as `clips.title`.
    pub(crate) field: Option<String>,
}

/// (rank of the key, depth)
#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(u8, u8);

/// The keys that matter, in the spellings that services use. Everything else is skipped unread.
#[derive(Deserialize, Clone, Copy)]
#[serde(field_identifier, rename_all = "snake_case")]
enum JsonKey {
    #[serde(
        alias = "msg",
        alias = "err_msg",
        alias = "error_message",
        alias = "errorMessage",
        alias = "Message"
    )]
    #[serde(alias = "error_description", alias = "error_msg")]
    Message,
    #[serde(
        alias = "err_code",
        alias = "error_code",
        alias = "errorCode",
        alias = "Code",
        alias = "sqlState"
    )]
    Code,
    Reason,
    Name,
    #[serde(
        alias = "statusCode",
        alias = "status_code",
        alias = "httpStatus",
        alias = "http_status"
    )]
    Status,
    #[serde(alias = "__type")]
    Type,
    #[serde(alias = "exit_code", alias = "exitCode")]
    ExitCode,
    Signal,
    #[serde(alias = "details")]
    Detail,
    Path,
    Error,
    #[serde(
        alias = "errors",
        alias = "err",
        alias = "cause",
        alias = "response",
        alias = "data",
        alias = "body"
    )]
    #[serde(alias = "issues")]
    Container,
    #[serde(other)]
    Other,
}

/// Reads the start of `text` as JSON; what is not JSON gives nothing.
pub(crate) fn read(text: &str) -> FoundText<'_> {
    let mut found = FoundText::default();
    let mut json = serde_json::Deserializer::from_str(clip(text));
    // An error means "cut off" or "not JSON at all": what was found before it stands.
    let _ =
        JsonValue { key: JsonKey::Container, depth: 0, found: &mut found }.deserialize(&mut json);
    if found.message.is_none() {
        found.message.clone_from(&found.symbol);
    }
    found
}

impl<'a> FoundText<'a> {
    /// The code in the form the fingerprint shows.
    pub(crate) fn code(&self) -> Option<String> {
        let symbol = self
            .symbol
            .as_deref()
            .map(|s| if is_sqlstate(s) { format!("SQLSTATE {s}") } else { s.to_owned() });
        match (self.http, symbol) {
            (Some(http), Some(symbol)) => Some(format!("HTTP {http} {symbol}")),
            (Some(http), None) => Some(format!("HTTP {http}")),
            (None, Some(symbol)) => Some(symbol),
            (None, None) => match (self.exit, self.number) {
                (Some(exit), _) => Some(format!("exit {exit}")),
                (None, number) => number.map(|n| n.to_string()),
            },
        }
    }

    fn offer_message(&mut self, rank: Rank, text: Cow<'a, str>) {
        if !text.trim().is_empty() && (self.message.is_none() || rank < self.message_rank) {
            self.message = Some(text);
            self.message_rank = rank;
        }
    }

    fn offer_symbol(&mut self, rank: Rank, text: Cow<'a, str>) {
        if is_symbol(&text) && (self.symbol.is_none() || rank < self.symbol_rank) {
            self.symbol = Some(text);
            self.symbol_rank = rank;
        }
    }

    fn text(&mut self, key: JsonKey, depth: u8, text: Cow<'a, str>) {
        match key {
            JsonKey::Message => self.offer_message(Rank(0, depth), text),
            JsonKey::Error => {
                self.offer_symbol(Rank(2, depth), text.clone());
                self.offer_message(Rank(1, depth), text);
            }
            JsonKey::Detail => self.offer_message(Rank(2, depth), text),
            JsonKey::Code | JsonKey::Status if text.parse::<u16>().is_ok() => {
                let number = text.parse().unwrap_or_default();
                if !is_sqlstate(&text) {
                    return self.number(key, number);
                }
                self.offer_symbol(Rank(0, depth), text);
            }
            JsonKey::Code => self.offer_symbol(Rank(0, depth), text),
            JsonKey::Reason => self.offer_symbol(Rank(1, depth), text),
            JsonKey::Name if !text.bytes().any(|b| b.is_ascii_digit()) => {
                self.offer_symbol(Rank(3, depth), text)
            }
            JsonKey::Status => self.offer_symbol(Rank(4, depth), text),
            JsonKey::Type => self.offer_symbol(Rank(5, depth), text),
            JsonKey::Signal if text.starts_with("SIG") => self.offer_symbol(Rank(1, depth), text),
            // A JSON document that is one string: the error, stringified once more.
            JsonKey::Container if depth == 0 => self.offer_message(Rank(0, 0), text),
            _ => {}
        }
    }

    fn number(&mut self, key: JsonKey, number: i64) {
        let http = u64::try_from(number).ok().filter(|n| (300..600).contains(n));
        match key {
            JsonKey::Code | JsonKey::Status if http.is_some() => self.http = self.http.or(http),
            JsonKey::Code => self.number = self.number.or(Some(number)),
            JsonKey::ExitCode => self.exit = self.exit.or(Some(number)),
            _ => {}
        }
    }
}

/// Five capital letters or digits with a digit among them, as in `23505` or `22P02`.
pub(crate) fn is_sqlstate(text: &str) -> bool {
    text.len() == 5
        && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// A name rather than a sentence or an id: `quotaExceeded`, `PGRST116`, `23505`, `rate_limit.exceeded`.
fn is_symbol(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (2..=64).contains(&text.len())
        && digits <= 5
        && !matches!(text, "Error" | "error" | "failed")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-' | b'/'))
}

/// One JSON value under a key that matters.
struct JsonValue<'f, 'a> {
    key: JsonKey,
    depth: u8,
    found: &'f mut FoundText<'a>,
}

impl<'de> DeserializeSeed<'de> for JsonValue<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonValue<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.found.text(self.key, self.depth, Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.found.text(self.key, self.depth, Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.found.number(self.key, i64::try_from(number).unwrap_or(i64::MAX));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.found.number(self.key, number);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let descend = matches!(self.key, JsonKey::Container | JsonKey::Error | JsonKey::Detail);
        while let Some(key) = map.next_key::<JsonKey>()? {
            if descend && !matches!(key, JsonKey::Other) {
                map.next_value_seed(JsonValue {
                    key,
                    depth: self.depth.saturating_add(1),
                    found: self.found,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if matches!(self.key, JsonKey::Path) {
            let mut parts = Vec::new();
            while let Some(part) = seq.next_element::<PathPart>()? {
                parts.push(part.0);
            }
            if !parts.is_empty() && self.found.field.is_none() {
                self.found.field = Some(parts.join("."));
            }
            return Ok(());
        }
        // The first of several errors names the group; the others follow from it or come with it.
        let depth = self.depth.saturating_add(1);
        seq.next_element_seed(JsonValue { key: self.key, depth, found: self.found })?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A step of a validation path; positions in lists are holes.
struct PathPart(String);

impl<'de> Deserialize<'de> for PathPart {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let part = serde_json::Value::deserialize(json)?;
        Ok(Self(part.as_str().map_or_else(|| super::output::HOLE.to_owned(), str::to_owned)))
    }
}
