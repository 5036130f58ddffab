// Runs before the code of a schema, in sloppy mode because the code's names are resolved through `with`.
// Everything here is local to one function: the code can reach globals and its own scopes only.
const { apply, ownKeys, defineProperty } = Reflect;
const { isArray } = Array;
const { isFinite: finite } = Number;
const { stringify } = JSON;
const { create, freeze, getPrototypeOf, assign } = Object; // before code can replace them
const ObjectPrototype = Object.prototype, DatePrototype = Date.prototype, ErrorType = Error;
const time = DatePrototype.getTime;
const PromiseThen = typeof Promise === "undefined" ? undefined : Promise.prototype;

// The first reason why the result is not known. Code that catches the exception cannot reset it.
let unknown;
const fail = (reason) => {
  if (unknown === undefined) unknown = { status: "unknown", reason };
  throw new ErrorType(reason);
};
// A text that the caller must parse as a URL before the code runs again.
const need = (text) => {
  if (unknown === undefined) unknown = { status: "url", text };
  throw new ErrorType("url");
};

// A name of a scope: computed when it is first read.
const lazy = (scope, name, compute) => {
  let state = 0, value;
  defineProperty(scope, name, {
    get() {
      if (state === 1) fail(name + " depends on itself");
      if (state === 0) {
        state = 1;
        value = compute();
        state = 2;
      }
      return value;
    },
    set() { fail(name + " is assigned"); },
  });
};
// A variable that functions assign.
const variable = (scope, name, compute) => {
  let known = false, value;
  defineProperty(scope, name, {
    get() {
      if (!known) { known = true; value = compute(); }
      return value;
    },
    set(assigned) { known = true; value = assigned; },
  });
};
const missing = (scope, name, reason) =>
  defineProperty(scope, name, { get() { fail(reason); }, set() { fail(reason); } });

// Values from and for the caller: JSON with a tag for what JSON lacks.
const encode = (value, depth = 0) => {
  switch (typeof value) {
    case "undefined": return { u: 1 };
    case "boolean": case "string": return value;
    case "number": return finite(value) ? value : { n: value > 0 ? 1 : value < 0 ? -1 : 0 };
    case "object": break;
    default: return { x: 1 };
  }
  if (value === null) return null;
  if (value === NEVER) return { never: 1 };
  if (depth > 16) return { x: 1 };
  if (isArray(value)) {
    const items = [];
    for (let index = 0; index < value.length; index += 1) defineProperty(items, index, { value: encode(value[index], depth + 1), enumerable: true });
    return { l: items };
  }
  const prototype = getPrototypeOf(value);
  if (prototype === DatePrototype) return apply(time, value, []) === apply(time, value, []) ? { d: 1 } : { x: 1 };
  if (PromiseThen !== undefined && prototype === PromiseThen) fail("asynchronous code is not run");
  if (prototype !== ObjectPrototype && prototype !== null) return { x: 1 };
  const pairs = [];
  const keys = ownKeys(value);
  for (let index = 0; index < keys.length; index += 1) {
    if (typeof keys[index] !== "string") continue;
    defineProperty(pairs, pairs.length, { value: [keys[index], encode(value[keys[index]], depth + 1)], enumerable: true });
  }
  return { o: pairs };
};
const decode = (value) => {
  if (value === null || typeof value !== "object") return value;
  if ("u" in value) return undefined;
  if ("n" in value) return value.n === 0 ? NaN : value.n * Infinity;
  if ("l" in value) return value.l.map(decode);
  if ("f" in value) fail(value.f);
  const object = {};
  for (const [key, item] of value.o) {
    const unknown = item !== null && typeof item === "object" && "f" in item;
    defineProperty(object, key, unknown
      ? { get() { fail(item.f); }, enumerable: true, configurable: true }
      : { value: decode(item), enumerable: true, configurable: true, writable: true });
  }
  return "open" in value ? openObject(object) : object;
};
// An object that may have further properties.
const openObject = (known) => {
  const check = (key) => { if (typeof key === "string" && !(key in known)) fail("it depends on a key that is not known"); };
  return new Proxy(known, {
    get(target, key) { check(key); return target[key]; },
    has(target, key) { check(key); return key in target; },
    ownKeys() { fail("it depends on keys that are not known"); },
  });
};

// The environment. What is neither set nor certainly absent is unknown.
const environment = (known, absent, isOpen) => {
  if (absent === null) return known;
  const has = (key) => typeof key === "symbol" || key in known || absent.includes(key);
  const check = (key) => { if (!has(key)) fail("it depends on the variable " + key); };
  return new Proxy(known, {
    get(target, key) { check(key); return target[key]; },
    has(target, key) { check(key); return key in target; },
    getOwnPropertyDescriptor(target, key) { check(key); return Reflect.getOwnPropertyDescriptor(target, key); },
    ownKeys(target) { return isOpen ? fail("it depends on variables that are not known") : ownKeys(target); },
  });
};

// What of zod is used inside of functions.
const NEVER = freeze(create(null));
const zod = create(null);
zod.NEVER = NEVER;
zod.ZodIssueCode = new Proxy({}, { get: (_, name) => name });
const knownZod = new Proxy(zod, { get: (target, name) => (name in target ? target[name] : fail(isBehind ? "a second schema is not evaluated" : "zod is used inside of a function")) });

// Globals that differ between engines, or do not exist in this one.
const RealDate = Date;
const iso = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{3})?)?Z?)?$/;
const test = iso.exec;
const parsed = (text) => {
  if (typeof text !== "string") return text;
  if (apply(test, iso, [text]) === null) fail("each engine reads such dates in its own way");
  return text;
};
class KnownDate {
  constructor(...parts) {
    if (parts.length !== 1) fail("it depends on the clock or the time zone");
    return new RealDate(parsed(parts[0]));
  }
  static now() { fail("it depends on the clock"); }
  static parse(text) { return RealDate.parse(parsed(text)); }
}
KnownDate.prototype = DatePrototype;
class KnownURL {
  constructor(text, base) {
    if (base !== undefined) fail("a URL with a base is not parsed");
    const key = String(text);
    if (!(key in urls)) need(key);
    if (urls[key] === null) throw new TypeError("Invalid URL");
    assign(this, urls[key]);
    defineProperty(this, "searchParams", { get() { fail("search parameters are not parsed"); } });
  }
  static canParse(text, base) {
    if (base !== undefined) fail("a URL with a base is not parsed");
    const key = String(text);
    if (!(key in urls)) need(key);
    return urls[key] !== null;
  }
  toString() { return this.href; }
  toJSON() { return this.href; }
}
const silent = () => undefined;
const console = create(null);
for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir", "group", "groupCollapsed", "groupEnd", "time", "timeEnd", "timeLog", "count", "assert"]) console[name] = silent;
// What writes or colors a log: each property and each result is of the same kind.
const log = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => "" : log),
  apply: () => log,
  construct: () => log,
});
// `assert` of Node, `invariant`.
const assertion = (holds) => { if (!holds) throw new ErrorType("assertion"); };
const knownAssert = new Proxy((value) => assertion(value), {
  get: (_, key) => {
    switch (key) {
      case "ok": case "default": case "strict": return knownAssert;
      case "fail": return () => assertion(false);
      case "equal": return (a, b) => assertion(a == b);
      case "notEqual": return (a, b) => assertion(a != b);
      case "strictEqual": return (a, b) => assertion(Object.is(a, b));
      case "notStrictEqual": return (a, b) => assertion(!Object.is(a, b));
      case "match": return (text, pattern) => assertion(pattern.test(text));
      default: return fail("an assertion that is not followed");
    }
  },
});

// Names that every scope has, unless the code declares them itself.
const base = create(null);
assign(base, { console, URL: KnownURL, Date: KnownDate });
// The process ends; code cannot catch that.
let ended = false;
let isBehind = false; // the code is behind the place that parses
const exit = () => {
  if (!isBehind) fail("it uses the process");
  ended = unknown === undefined;
  throw new ErrorType("exit");
};
const output = { write: () => true };
// Anything of `process` but its environment, its end and its output is outside.
const processOf = (env) => new Proxy({ env }, {
  get: (target, key) => {
    switch (key) {
      case "env": return env;
      case "exit": case "abort": return exit;
      case "stdout": case "stderr": return output;
      default: return fail("it uses the process");
    }
  },
  set() { fail("it changes the process"); },
});
// The environment of bundlers has names of its own, which depend on the build.
const buildEnvironment = (known) => new Proxy(known, {
  get: (target, key) => (["MODE", "DEV", "PROD", "SSR", "BASE_URL"].includes(key) ? fail("it depends on the build") : target[key]),
});

let count = 0;
const report = () => { count += 1; };
const listOf = () => new Proxy([], {
  get: (target, name) => (name === "push" ? report : name === "length" ? count : fail("the list of issues is read")),
  set() { fail("the list of issues is changed"); },
});
const context = () => {
  const made = { addIssue: report, path: [], issues: listOf() };
  missing(made, "parent", "the parent of the value is read");
  return made;
};
// How the caller uses a function; each returns the value and sets `count`.
const uses = {
  value: (code) => (typeof code === "function" ? fail("it is a function") : code),
  call: (code, value) => code(value, context()),
  payload: (code, value) => { code({ value, issues: listOf() }); },
  after: () => undefined,
};
// What the schema returned, for the code behind the place that parses.
let parsedValue;
const parsedResult = () => ({ success: true, data: parsedValue, error: undefined });
const run = (use, code, input) => {
  let result;
  try {
    parsedValue = decode(input);
    isBehind = use === uses.after;
    const value = use(code(), parsedValue);
    result = { status: "returned", value: encode(value), issues: count };
  } catch (error) {
    // Limits of this engine are not those of the application's.
    // Without memory for an error, null is thrown.
    const limit = error === null || typeof error === "object" && ((error.name === "InternalError" || error.name === "RangeError" && /stack|memory|length/.test(error.message)));
    result = limit ? { status: "unknown", reason: "it exceeds a limit" } : { status: "threw" };
  }
  return stringify(ended ? { status: "threw" } : unknown ?? result);
};
Math.random = () => fail("it depends on a random number");
// Code is made of texts only by what is known here.
for (const made of [function () {}, function* () {}, async function () {}, async function* () {}]) {
  defineProperty(getPrototypeOf(made), "constructor", { get() { fail("code is made of a text"); } });
}
for (const type of [Object, Array, String, Number, Boolean, RegExp, Error, TypeError, RangeError, SyntaxError, Map, Set, Function, Date, Symbol]) {
  freeze(type.prototype);
}
