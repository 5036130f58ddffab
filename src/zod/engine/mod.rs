//! Runs the functions of a schema in an embedded JavaScript engine: bodies of `preprocess`, `transform` and
//! `refine`, conditions, and the argument of `parse`.
//!
//! The engine has no host functions: no files, network, clock, random numbers or modules. What a piece of code
//! needs, it contains ([`Script`]). Steps, memory and stack are limited. Names that are not known
//! (imports from packages) end the run with an unknown result, and code cannot catch that.

mod value;
mod variables;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::{Context, Ctx, Runtime};
use serde_json::Value as Json;
use url::Url;
pub(crate) use value::JsValue;
pub use variables::{Variable, Variables};

use crate::zod::model::{FunctionUse, Script};

const PRELUDE: &str = include_str!("prelude.js");
/// Memory of one run.
const MEMORY_BYTES: usize = 16 << 20;
/// Stack of one run.
const STACK_BYTES: usize = 512 << 10;
/// Calls of the interrupt handler, about 10,000 steps each.
const MAX_INTERRUPTS: u32 = 100;
/// Results that are kept.
const MAX_RESULTS: usize = 4_096;
/// Texts that one run may parse as URLs.
const MAX_URLS: usize = 16;

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// The code returned a value and reported a number of issues.
    Returned(JsValue, u32),
    /// The code threw an exception, which ends the start of an application.
    Threw,
    /// The result is not known, with the reason.
    Unknown(String),
}

impl Outcome {
    /// The value, if it is known.
    pub(crate) fn value(self) -> Result<JsValue, String> {
        match self {
            Self::Returned(JsValue::Opaque, _) => Err("its result is not followed".to_owned()),
            Self::Returned(value, _) => Ok(value),
            Self::Threw => Err("it throws an exception".to_owned()),
            Self::Unknown(reason) => Err(reason),
        }
    }
}

thread_local! {
    /// Results of code by its text, use, input and environment: every key asks for the same conditions, and a
    /// check, a copy and a report for the same keys.
    static RESULTS: RefCell<HashMap<(u64, u8, String), Outcome>> = RefCell::default();
}

/// Runs a piece of code with an input and the environment.
pub(crate) fn run(
    script: &Script,
    as_: FunctionUse,
    input: &JsValue,
    variables: &Variables,
) -> Outcome {
    let input = match as_ {
        FunctionUse::After => Some(input.encode_parsed()),
        _ => input.encode(),
    };
    let encoded = input.as_ref().map(Json::to_string).unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    script.code.hash(&mut hasher);
    if script.reads_environment {
        variables.hash(&mut hasher);
    }
    let key = (hasher.finish(), as_ as u8, encoded);
    if let Some(known) = RESULTS.with_borrow(|results| results.get(&key).cloned()) {
        return known;
    }
    let outcome = run_once(script, as_, input, variables);
    RESULTS.with_borrow_mut(|results| {
        if results.len() >= MAX_RESULTS {
            results.clear();
        }
        results.insert(key, outcome.clone());
    });
    outcome
}

fn run_once(
    script: &Script,
    as_: FunctionUse,
    input: Option<Json>,
    variables: &Variables,
) -> Outcome {
    let Some(input) = input else {
        return Outcome::Unknown("the value comes from code that is not run".to_owned());
    };
    let mut urls = BTreeMap::new();
    loop {
        let source = source(script, as_, &input, variables, &urls);
        match evaluate(source) {
            Answer::Outcome(outcome) => return outcome,
            Answer::NeedsUrl(text) if urls.len() < MAX_URLS => {
                let parsed = parse_url(&text);
                if urls.insert(text, parsed).is_some() {
                    return Outcome::Unknown("it parses texts as URLs".to_owned());
                }
            }
            Answer::NeedsUrl(_) => {
                return Outcome::Unknown("it parses too many texts as URLs".to_owned());
            }
        }
    }
}

/// What the code answers.
enum Answer {
    Outcome(Outcome),
    /// It needs this text parsed as a URL, and has to run again.
    NeedsUrl(String),
}

/// The whole text that the engine evaluates.
fn source(
    script: &Script,
    as_: FunctionUse,
    input: &Json,
    variables: &Variables,
    urls: &BTreeMap<String, Json>,
) -> String {
    let known: BTreeMap<&str, &str> = variables.pairs().collect();
    let known = serde_json::to_string(&known).unwrap_or_default();
    let absent = serde_json::to_string(&variables.absent(&script.reads)).unwrap_or_default();
    let urls = serde_json::to_string(urls).unwrap_or_default();
    let name = match as_ {
        FunctionUse::Value => "value",
        FunctionUse::Transform | FunctionUse::Predicate | FunctionUse::Issues => "call",
        FunctionUse::Payload => "payload",
        FunctionUse::After => "after",
    };
    format!(
        "(function () {{ const urls = {urls};\n{PRELUDE}\n\
         const env = environment(JSON.parse({known}), {absent}, {is_open});\nbase.process = processOf(env);\n\
         base.importMeta = {{ env: buildEnvironment(env) }};\n{code}\n\
         return run(uses.{name}, entry, {input}); }})()",
        known = Json::String(known),
        is_open = variables.is_open(),
        code = script.code,
    )
}

/// Evaluates a text in an engine of its own.
fn evaluate(source: String) -> Answer {
    let unknown = |reason: &str| Answer::Outcome(Outcome::Unknown(reason.to_owned()));
    let interrupted = Rc::new(Cell::new(false));
    let result = evaluate_within_limits(source, &interrupted);
    // Code may catch the exception of an interrupt, so its answer does not count.
    match result {
        _ if interrupted.get() => unknown("it runs too many steps"),
        Some(answer) => read(&answer),
        None => unknown("the engine refuses it, or it needs too much memory"),
    }
}

fn evaluate_within_limits(source: String, interrupted: &Rc<Cell<bool>>) -> Option<String> {
    let runtime = Runtime::new().ok()?;
    runtime.set_memory_limit(MEMORY_BYTES);
    runtime.set_max_stack_size(STACK_BYTES);
    let (mut interrupts, flag) = (0, Rc::clone(interrupted));
    runtime.set_interrupt_handler(Some(Box::new(move || {
        interrupts += 1;
        flag.set(interrupts > MAX_INTERRUPTS);
        interrupts > MAX_INTERRUPTS
    })));
    // Without typed arrays, weak references and the clock of `performance`.
    let context = Context::builder()
        .with::<intrinsic::Eval>()
        .with::<intrinsic::Date>()
        .with::<intrinsic::RegExpCompiler>()
        .with::<intrinsic::RegExp>()
        .with::<intrinsic::Json>()
        .with::<intrinsic::Proxy>()
        .with::<intrinsic::MapSet>()
        .with::<intrinsic::Promise>()
        .build(&runtime)
        .ok()?;
    context.with(|ctx: Ctx<'_>| {
        let mut options = EvalOptions::default();
        options.strict = false;
        ctx.eval_with_options::<String, _>(source, options).ok()
    })
}

fn read(answer: &str) -> Answer {
    let unknown = |reason: &str| Answer::Outcome(Outcome::Unknown(reason.to_owned()));
    let Ok(answer) = serde_json::from_str::<Json>(answer) else {
        return unknown("its result is not followed");
    };
    let text = |name: &str| answer.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    match text("status").as_str() {
        "returned" => {
            let value = answer.get("value").map_or(JsValue::Opaque, JsValue::decode);
            let issues = answer.get("issues").and_then(Json::as_u64).unwrap_or_default();
            Answer::Outcome(Outcome::Returned(value, u32::try_from(issues).unwrap_or(u32::MAX)))
        }
        "threw" => Answer::Outcome(Outcome::Threw),
        "url" => Answer::NeedsUrl(text("text")),
        _ => unknown(&text("reason")),
    }
}

/// The properties of `new URL(text)`; null if it throws.
fn parse_url(text: &str) -> Json {
    let Ok(url) = Url::parse(text) else { return Json::Null };
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let hostname = url.host_str().unwrap_or_default();
    let after = |sign: char, part: Option<&str>| match part {
        Some(part) if !part.is_empty() => format!("{sign}{part}"),
        _ => String::new(),
    };
    serde_json::json!({
        "href": url.as_str(),
        "origin": url.origin().ascii_serialization(),
        "protocol": format!("{}:", url.scheme()),
        "username": url.username(),
        "password": url.password().unwrap_or_default(),
        "host": if port.is_empty() { hostname.to_owned() } else { format!("{hostname}:{port}") },
        "hostname": hostname,
        "port": port,
        "pathname": url.path(),
        "search": after('?', url.query()),
        "hash": after('#', url.fragment()),
    })
}
