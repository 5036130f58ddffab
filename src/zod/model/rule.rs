//! What a value must satisfy: zod's own vocabulary, as far as source text can tell.

use super::Unresolved;

/// A JavaScript value that is known without running anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// Any number.
    Number(f64),
    /// Any string.
    Text(String),
}

/// A regular expression of JavaScript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Between the slashes.
    pub source: String,
    /// After them: `i`, `u`, …
    pub flags: String,
}

/// One condition on a string, or one change to it; order matters.
#[derive(Debug, Clone, PartialEq)]
pub enum StringCheck {
    /// At least so many characters.
    Min(f64),
    /// At most so many characters.
    Max(f64),
    /// Exactly so many characters.
    Length(f64),
    /// A URL, by the WHATWG's parser.
    Url(UrlOptions),
    /// A named format.
    Format(StringFormat),
    /// Matches a regular expression.
    Regex(Pattern),
    /// Begins with a text.
    StartsWith(String),
    /// Ends with a text.
    EndsWith(String),
    /// Contains a text.
    Includes(String),
    /// No upper-case ASCII letter.
    Lowercase,
    /// No lower-case ASCII letter.
    Uppercase,
    /// Changes the value: white space at both ends goes.
    Trim,
    /// Changes the value.
    ToLowerCase,
    /// Changes the value.
    ToUpperCase,
    /// A condition that only running the code can decide.
    Unresolved(Unresolved),
}

/// What zod 4 lets a URL be narrowed by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlOptions {
    /// The host must match.
    pub hostname: Option<Pattern>,
    /// The scheme, without the colon, must match.
    pub protocol: Option<Pattern>,
    /// The value is replaced by its normal form.
    pub normalize: bool,
}

/// A format that zod knows by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringFormat {
    /// `email`
    Email,
    /// `uuid`, with a version where one is asked for.
    Uuid(Option<u8>),
    /// `guid`: like a UUID, of any version.
    Guid,
    /// `nanoid`
    Nanoid,
    /// `cuid`
    Cuid,
    /// `cuid2`
    Cuid2,
    /// `ulid`
    Ulid,
    /// `ipv4`, `ipv6`, or either (zod 3's `ip`).
    Ip(Option<u8>),
    /// `cidrv4`, `cidrv6`, or either.
    Cidr(Option<u8>),
    /// `base64`
    Base64,
    /// `base64url`
    Base64Url,
    /// `jwt`, with the algorithm where one is asked for.
    Jwt(Option<String>),
    /// `e164`: a telephone number.
    E164,
    /// `hostname`
    Hostname,
    /// `hex`
    Hex,
    /// `datetime` and its three options; the precision counts digits of the second.
    DateTime {
        /// Offsets other than Z are fine.
        offset: bool,
        /// No offset at all is fine.
        local: bool,
        /// Exactly so many digits; −1 is minutes alone (zod 4).
        precision: Option<i8>,
    },
    /// `date`: YYYY-MM-DD
    Date,
    /// `time`, with the digits of the second.
    Time(Option<i8>),
    /// `duration`, ISO 8601.
    Duration,
}

/// One condition on a number.
#[derive(Debug, Clone, PartialEq)]
pub enum NumberCheck {
    /// Not below (or above, when exclusive).
    Min(f64, bool),
    /// Not above (or below, when exclusive).
    Max(f64, bool),
    /// A whole number (zod 4: a safe one).
    Int,
    /// Neither infinite nor NaN.
    Finite,
    /// Within ±(2⁵³ − 1) (zod 4: whole, too).
    Safe,
    /// A multiple of this.
    MultipleOf(f64),
    /// A condition that only running the code can decide.
    Unresolved(Unresolved),
}

/// A function in the schema's source.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaFunction {
    /// `(v) => (v === "" ? undefined : v)` and its kin: blank becomes missing.
    BlankToUndefined,
    /// `(v) => v.trim()`.
    Trim,
    /// `(v) => v.toLowerCase()`.
    ToLowerCase,
    /// `(v) => v.toUpperCase()`.
    ToUpperCase,
    /// `(v) => v === "true"` and its kin: a boolean, whatever the string.
    Comparison,
    /// `Number`, `(v) => Number(v)`: JavaScript's own conversion.
    Number,
    /// `(v) => v.split(",")` and its kin: a list, whatever the string.
    List,
    /// `(v) => v`.
    Identity,
    /// Anything else runs code.
    Opaque(Unresolved),
}

/// What a value must satisfy, as a tree in the shape of the source.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `z.string()`, `z.coerce.string()`.
    Text {
        /// Any value is made a string first.
        coerce: bool,
        /// In order.
        checks: Vec<StringCheck>,
    },
    /// `z.number()`, `z.coerce.number()`.
    Number {
        /// Any value is made a number first.
        coerce: bool,
        /// In order.
        checks: Vec<NumberCheck>,
    },
    /// `z.boolean()`, `z.coerce.boolean()`: coerced, every non-empty string is true.
    Boolean {
        /// Any value is made a boolean first.
        coerce: bool,
    },
    /// `z.date()`, `z.coerce.date()`.
    Date {
        /// Any value is made a date first.
        coerce: bool,
    },
    /// `z.stringbool()`.
    StringBool {
        /// Words for true, lower case unless `exact_case`.
        truthy: Vec<String>,
        /// Words for false.
        falsy: Vec<String>,
        /// Case matters.
        exact_case: bool,
    },
    /// `z.enum`, `z.literal`, `z.null`, `z.undefined`: one of these values.
    OneOf(Vec<Constant>),
    /// `z.any()`, `z.unknown()`.
    Any,
    /// `z.never()`.
    Never,
    /// `z.array()`, `z.object()`, …: no string can be one.
    Structure(&'static str),
    /// The first that accepts.
    Union(Vec<Self>),
    /// Missing is fine.
    Optional(Box<Self>),
    /// `null` is fine.
    Nullable(Box<Self>),
    /// Missing is not fine, whatever is inside.
    NonOptional(Box<Self>),
    /// A missing value is replaced; `None`: by something computed.
    Default(Box<Self>, Option<Constant>),
    /// A missing value is replaced, then judged.
    Prefault(Box<Self>, Option<Constant>),
    /// A refused value is replaced.
    Catch(Box<Self>, Option<Constant>),
    /// The output of the first is the input of the second.
    Pipe(Box<Self>, Box<Self>),
    /// Changes nothing.
    Readonly(Box<Self>),
    /// A further condition that only running the code can decide.
    Refine(Box<Self>, Unresolved),
    /// A function makes a new value.
    Transform(SchemaFunction),
    /// Outside what can be read without running it.
    Unresolved(Unresolved),
}

impl Rule {
    /// Everything in it that cannot be known, in order.
    #[must_use]
    pub fn unresolved(&self) -> Vec<&Unresolved> {
        let mut found = Vec::new();
        self.collect_unresolved(&mut found);
        found
    }

    fn collect_unresolved<'r>(&'r self, found: &mut Vec<&'r Unresolved>) {
        match self {
            Self::Unresolved(what) | Self::Transform(SchemaFunction::Opaque(what)) => {
                found.push(what)
            }
            Self::Refine(inner, what) => {
                inner.collect_unresolved(found);
                found.push(what);
            }
            Self::Text { checks, .. } => {
                found.extend(checks.iter().filter_map(|check| match check {
                    StringCheck::Unresolved(what) => Some(what),
                    _ => None,
                }))
            }
            Self::Number { checks, .. } => {
                found.extend(checks.iter().filter_map(|check| match check {
                    NumberCheck::Unresolved(what) => Some(what),
                    _ => None,
                }));
            }
            Self::Union(options) => options.iter().for_each(|o| o.collect_unresolved(found)),
            Self::Pipe(from, to) => {
                from.collect_unresolved(found);
                to.collect_unresolved(found);
            }
            Self::Optional(inner)
            | Self::Nullable(inner)
            | Self::NonOptional(inner)
            | Self::Default(inner, _)
            | Self::Prefault(inner, _)
            | Self::Catch(inner, _)
            | Self::Readonly(inner) => inner.collect_unresolved(found),
            _ => {}
        }
    }
}
