//! Structured errors: the message and the code in JSON, HTML and XML.
//!
//! JSON is read as a stream, so that a text that was cut off yields the values before the cut.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::excerpt::head;
use super::lexicon::{PLACEHOLDER, is_class, is_sqlstate, starts_with};

/// The message and the code of an error in HTML or XML.
pub(crate) struct MarkupError<'a> {
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
}

/// Reads the `<Code>` and `<Message>` of an XML error (object storage), or the title or first heading of a page.
pub(crate) fn read_markup(text: &str) -> Option<MarkupError<'_>> {
    let text = head(text);
    let code = element(text, "code")
        .filter(|code| code.len() <= 64 && !code.contains(char::is_whitespace));
    let message = ["message", "title", "h1", "body"]
        .into_iter()
        .find_map(|name| element(text, name))
        .or(code)?;
    Some(MarkupError { code, message })
}

/// The text between the first `<name …>` and the next tag.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(open) = text.get(from..)?.find('<') {
        let start = from + open + 1;
        let tag = text.get(start..)?;
        if starts_with(tag, name) && matches!(tag.as_bytes().get(name.len()), Some(b'>' | b' ')) {
            let inner = tag.split_once('>')?.1;
            let content = inner.split('<').next().unwrap_or_default().trim();
            return (!content.is_empty()).then_some(content);
        }
        from = start;
    }
    None
}

/// The values of an error in JSON. Of several candidates for a value, the one with the lowest rank is kept.
#[derive(Default)]
pub(crate) struct JsonError<'a> {
    pub(crate) message: Option<Cow<'a, str>>,
    message_rank: Rank,
    symbol: Option<Cow<'a, str>>,
    symbol_rank: Rank,
    http_status: Option<u64>,
    number: Option<i64>,
    exit_code: Option<i64>,
    /// The text of the error in a log line, whose message only says what failed.
    logged: Option<Cow<'a, str>>,
    is_log_line: bool,
    /// The field that a validation error is about, such as `clips.title`.
    pub(crate) field: Option<String>,
}

/// The rank of the key, then the depth: an outer value precedes an inner one.
#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(u8, u8);

/// The keys that are read, in the spellings of common services. Values of other keys are skipped.
#[derive(Deserialize, Clone, Copy)]
#[serde(field_identifier, rename_all = "snake_case")]
enum JsonKey {
    #[serde(
        alias = "msg",
        alias = "messages",
        alias = "err_msg",
        alias = "error_message",
        alias = "errorMessage",
        alias = "Message"
    )]
    #[serde(alias = "error_description", alias = "error_msg", alias = "status_msg")]
    #[serde(alias = "exc_message")]
    #[serde(alias = "statusMessage", alias = "status_message", alias = "description")]
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
    #[serde(alias = "__type", alias = "exc_type")]
    Type,
    #[serde(alias = "exit_code", alias = "exitCode")]
    ExitCode,
    Signal,
    #[serde(alias = "details")]
    Detail,
    Path,
    Error,
    /// The error that a log line is about.
    Err,
    /// What only log lines have.
    Level,
    /// A list of messages or of errors.
    Errors,
    #[serde(alias = "cause", alias = "response", alias = "data", alias = "body")]
    #[serde(alias = "issues", alias = "extensions")]
    Container,
    #[serde(other)]
    Other,
}

/// Reads the start of `text` as JSON; without a result if it is not JSON.
///
/// The text is read as a stream, so that JSON that was cut off yields the values before the cut, and only strings
/// with escapes are copied.
pub(crate) fn read_json(text: &str) -> JsonError<'_> {
    let mut error = JsonError::default();
    let mut json = serde_json::Deserializer::from_str(head(text));
    // It fails if the JSON was cut off or is not JSON; the values before that position remain.
    let _ =
        JsonValue { key: JsonKey::Container, depth: 0, error: &mut error }.deserialize(&mut json);
    if let (true, Some(message), Some(logged)) = (error.is_log_line, &error.message, &error.logged)
        && message != logged
    {
        error.message = Some(format!("{message}: {logged}").into());
    }
    if error.message.is_none() {
        error.message.clone_from(&error.symbol);
    }
    error
}

/// Converts the start of `text`, a dictionary as Python prints it, to JSON: other quotes, and other names of constants.
pub(crate) fn python_to_json(text: &str) -> String {
    let text = head(text);
    let mut json = String::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut len = c.len_utf8();
        match (quote, c) {
            (Some(open), _) if c == open => {
                quote = None;
                json.push('"');
            }
            (Some(_), '"') => json.push_str("\\\""),
            (Some(_), '\\') => {
                let escaped = rest.chars().nth(1).unwrap_or_default();
                len += escaped.len_utf8();
                match escaped {
                    '\'' => json.push('\''),
                    // JSON has no escapes of bytes.
                    'x' => json.push_str("\\\\x"),
                    _ => json.push_str(rest.get(..len).unwrap_or_default()),
                }
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                json.push('"');
            }
            (None, 'A'..='Z') => {
                let constant = PYTHON_CONSTANTS.iter().find(|(name, _)| rest.starts_with(name));
                len = constant.map_or(len, |(name, _)| name.len());
                json.push_str(
                    constant.map_or_else(|| rest.get(..len).unwrap_or_default(), |c| c.1),
                );
            }
            _ => json.push(c),
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    json
}

/// Constants of Python, and how JSON writes them.
const PYTHON_CONSTANTS: [(&str, &str); 3] =
    [("None", "null"), ("True", "true"), ("False", "false")];

impl<'a> JsonError<'a> {
    /// The code as it is shown in a fingerprint.
    pub(crate) fn code(&self) -> Option<String> {
        let symbol = self
            .symbol
            .as_deref()
            .map(|s| if is_sqlstate(s) { format!("SQLSTATE {s}") } else { s.to_owned() });
        match (self.http_status, symbol) {
            (Some(status), Some(symbol)) => Some(format!("HTTP {status} {symbol}")),
            (Some(status), None) => Some(format!("HTTP {status}")),
            // A service with one class for all errors tells them apart by number.
            (None, Some(symbol)) => Some(match self.number {
                Some(number) if is_class(&symbol) => format!("{symbol} {number}"),
                _ => symbol,
            }),
            (None, None) => match (self.exit_code, self.number) {
                (Some(code), _) => Some(format!("exit {code}")),
                (None, number) => number.map(|n| n.to_string()),
            },
        }
    }

    fn add_message(&mut self, rank: Rank, text: Cow<'a, str>) {
        if !text.trim().is_empty() && (self.message.is_none() || rank < self.message_rank) {
            self.message = Some(text);
            self.message_rank = rank;
        }
    }

    fn add_symbol(&mut self, rank: Rank, text: Cow<'a, str>) {
        if is_symbol(&text) && (self.symbol.is_none() || rank < self.symbol_rank) {
            self.symbol = Some(text);
            self.symbol_rank = rank;
        }
    }

    fn add_text(&mut self, key: JsonKey, depth: u8, text: Cow<'a, str>) {
        match key {
            JsonKey::Message => self.add_message(Rank(0, depth), text),
            JsonKey::Level => self.is_log_line = true,
            JsonKey::Err => {
                self.logged = Some(text.clone());
                self.add_message(Rank(1, depth), text);
            }
            JsonKey::Error => {
                self.logged.get_or_insert_with(|| text.clone());
                self.add_symbol(Rank(2, depth), text.clone());
                self.add_message(Rank(1, depth), text);
            }
            JsonKey::Detail => self.add_message(Rank(2, depth), text),
            JsonKey::Errors if text.contains(' ') => self.add_message(Rank(1, depth), text),
            JsonKey::Code | JsonKey::Status if text.parse::<u16>().is_ok() => {
                let number = text.parse().unwrap_or_default();
                if !is_sqlstate(&text) {
                    return self.add_number(key, number);
                }
                self.add_symbol(Rank(0, depth), text);
            }
            JsonKey::Code => self.add_symbol(Rank(0, depth), text),
            // Elasticsearch explains the type of an error in its reason; Google names the error in it.
            JsonKey::Reason if text.contains(' ') => self.add_message(Rank(1, depth), text),
            JsonKey::Reason => self.add_symbol(Rank(1, depth), text),
            JsonKey::Name if !text.bytes().any(|b| b.is_ascii_digit()) => {
                self.add_symbol(Rank(3, depth), text)
            }
            JsonKey::Status => self.add_symbol(Rank(4, depth), text),
            JsonKey::Type => self.add_symbol(Rank(5, depth), text),
            JsonKey::Signal if text.starts_with("SIG") => self.add_symbol(Rank(1, depth), text),
            // A document that consists of one string: an error that was stringified twice.
            JsonKey::Container if depth == 0 => self.add_message(Rank(0, 0), text),
            _ => {}
        }
    }

    fn add_number(&mut self, key: JsonKey, number: i64) {
        let status = u64::try_from(number).ok().filter(|n| (300..600).contains(n));
        match key {
            JsonKey::Code | JsonKey::Status if status.is_some() => {
                self.http_status = self.http_status.or(status);
            }
            JsonKey::Code => self.number = self.number.or(Some(number)),
            JsonKey::ExitCode => self.exit_code = self.exit_code.or(Some(number)),
            _ => {}
        }
    }
}

/// Whether a text is a name, and not a sentence or an id: `quotaExceeded`, `PGRST116`, `23505`, `rate_limit.exceeded`.
fn is_symbol(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (2..=64).contains(&text.len())
        && digits <= 5
        && !matches!(text, "Error" | "error" | "failed")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-' | b'/'))
}

/// Reads the JSON value of a key into `error`.
struct JsonValue<'e, 'a> {
    key: JsonKey,
    depth: u8,
    error: &'e mut JsonError<'a>,
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
        self.error.add_text(self.key, self.depth, Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.error.add_text(self.key, self.depth, Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.error.add_number(self.key, i64::try_from(number).unwrap_or(i64::MAX));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.error.add_number(self.key, number);
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
        let descend = matches!(
            self.key,
            JsonKey::Container | JsonKey::Errors | JsonKey::Error | JsonKey::Err | JsonKey::Detail
        );
        while let Some(key) = map.next_key::<JsonKey>()? {
            if descend && !matches!(key, JsonKey::Other) {
                map.next_value_seed(JsonValue {
                    key,
                    depth: self.depth.saturating_add(1),
                    error: self.error,
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
            if !parts.is_empty() && self.error.field.is_none() {
                self.error.field = Some(parts.join("."));
            }
            return Ok(());
        }
        // The first of several errors decides: the others result from it or accompany it.
        let depth = self.depth.saturating_add(1);
        // A document that is a list contains errors.
        let is_document = matches!(self.key, JsonKey::Container) && self.depth == 0;
        let key = if is_document { JsonKey::Errors } else { self.key };
        seq.next_element_seed(JsonValue { key, depth, error: self.error })?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// One part of the path to a field. A position in a list becomes a placeholder.
struct PathPart(String);

impl<'de> Deserialize<'de> for PathPart {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let part = serde_json::Value::deserialize(json)?;
        Ok(Self(part.as_str().map_or_else(|| PLACEHOLDER.to_owned(), str::to_owned)))
    }
}
