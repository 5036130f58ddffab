// Run by scripts/compare-zod --real. For each schema of a fixed list: whether the application's own module starts
// with random environments, as we say, unless we say "unknown". Nothing of the list is committed.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";
import { literalsOf, pick, random, seed, value } from "./compare-zod-values.mjs";

const [binary, list, mirror, countText, seedText] = process.argv.slice(2);
const count = Number(countText);
const here = path.dirname(new URL(import.meta.url).pathname);
const require = createRequire(import.meta.url);
seed(Number(seedText));
// Node 20's own canParse misreads Latin-1 strings once it is optimised; `new URL` does not.
URL.canParse = (text) => {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
};

// The sources and the configuration of a repository at a commit, without its other files.
function checkout(repository, commit) {
  const folder = path.join(here, "real", repository.replace("/", "+"));
  if (existsSync(folder)) return folder;
  let git = path.join(mirror, repository.replace("/", "+"), "repo");
  if (!existsSync(git)) {
    git = `${folder}.git`;
    execFileSync("git", ["init", "--quiet", "--bare", git]);
    execFileSync("git", ["-C", git, "fetch", "--quiet", "--depth", "1", `https://github.com/${repository}`, commit]);
  }
  const all = execFileSync("git", ["-C", git, "ls-tree", "-r", "--name-only", commit], { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n");
  const wanted = all.filter((name) => /\.(ts|tsx|mts|js|mjs)$|(^|\/)(package|tsconfig[^/]*)\.json$|(^|\/)pnpm-workspace\.yaml$/.test(name));
  const input = wanted.map((name) => `${commit}:${name}\n`).join("");
  const { stdout } = spawnSync("git", ["-C", git, "cat-file", "--batch"], { input, maxBuffer: 1 << 30, stdio: ["pipe", "pipe", "ignore"] });
  let at = 0;
  for (const name of wanted) {
    const end = stdout.indexOf(10, at);
    const header = stdout.subarray(at, end).toString();
    at = end + 1;
    if (header.endsWith(" missing")) continue; // a mirror may lack large files
    const size = Number(header.split(" ").pop());
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), stdout.subarray(at, at + size));
    at += size + 1;
  }
  execFileSync("git", ["init", "--quiet", folder]); // the root of the repository
  return folder;
}

function packagesOf(folder) {
  const found = new Map();
  const walk = (directory, depth) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git" && depth < 6) walk(path.join(directory, entry.name), depth + 1);
      if (entry.isFile() && entry.name === "package.json") {
        try {
          const { name, exports, main, module } = JSON.parse(readFileSync(path.join(directory, entry.name), "utf8"));
          if (name) found.set(name, { directory, exports, main: module ?? main });
        } catch {}
      }
    }
  };
  walk(folder, 0);
  return found;
}

const first = (target) => {
  if (typeof target === "string") return target;
  if (Array.isArray(target)) return first(target[0]);
  if (target && typeof target === "object") return first(target.source ?? target.development ?? target.types ?? target.import ?? target.default ?? Object.values(target)[0]);
  return undefined;
};
function memberFile(packages, name) {
  const parts = name.split("/");
  const own = parts.slice(0, name.startsWith("@") ? 2 : 1).join("/");
  const found = packages.get(own);
  if (!found) return undefined;
  const rest = `.${name.slice(own.length)}`;
  const { exports } = found;
  const candidates = [];
  if (exports && typeof exports === "object") {
    if (rest in exports) candidates.push(first(exports[rest]));
    for (const [pattern, target] of Object.entries(exports)) {
      const [before, after] = pattern.split("*");
      if (after !== undefined && rest.startsWith(before) && rest.endsWith(after)) candidates.push(first(target)?.replace("*", rest.slice(before.length, rest.length - after.length)));
    }
    if (rest === "." && !Object.keys(exports).some((key) => key.startsWith("."))) candidates.push(first(exports));
  } else if (rest === "." && typeof exports === "string") candidates.push(exports);
  if (rest === ".") candidates.push(found.main, "src/index", "index");
  else candidates.push(rest, `src/${rest}`);
  for (const candidate of candidates.filter(Boolean)) {
    for (const base of [candidate, candidate.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, "")]) {
      for (const extension of ["", ".ts", ".tsx", ".mjs", ".js", "/index.ts", "/index.js"]) {
        const file = path.join(found.directory, base + extension);
        if (/\.[mc]?[jt]sx?$/.test(file) && existsSync(file)) return file;
      }
    }
  }
  return undefined;
}

async function bundle(file, folder, major) {
  const packages = packagesOf(folder);
  const zod = { 3: "zod3", 4: "zod4" };
  const result = await build({
    entryPoints: [file], bundle: true, format: "cjs", platform: "node", write: false, logLevel: "silent", define: { "import.meta.env": "process.env", "import.meta.url": '"file:///"' },
    plugins: [{
      name: "place",
      setup(builder) {
        const stub = (args) => ({ path: args.path, namespace: "stub" });
        builder.onResolve({ filter: /^zod$/ }, () => ({ path: zod[major], external: true }));
        builder.onResolve({ filter: /^zod\/v3$/ }, () => ({ path: "zod3", external: true }));
        builder.onResolve({ filter: /^zod\/v4/ }, () => ({ path: "zod4", external: true }));
        // Older releases had one folder of presets.
        builder.onResolve({ filter: /^@t3-oss\// }, (args) => ({ path: args.path.replace(/\/presets$/, "/presets-zod"), external: true }));
        builder.onResolve({ filter: /^[^./]/ }, async (args) => {
          if (args.kind === "entry-point" || args.pluginData === "again") return undefined;
          const member = memberFile(packages, args.path);
          if (member) return { path: member };
          const again = await builder.resolve(args.path, { resolveDir: args.resolveDir, kind: args.kind, pluginData: "again" });
          return again.errors.length || again.external || again.path.includes("node_modules") || !path.isAbsolute(again.path) ? stub(args) : again;
        });
        builder.onResolve({ filter: /^\.\.?\// }, async (args) => {
          if (args.pluginData === "again") return undefined;
          const again = await builder.resolve(args.path, { resolveDir: args.resolveDir, kind: args.kind, pluginData: "again" });
          return again.errors.length ? stub(args) : again;
        });
        builder.onLoad({ filter: /.*/, namespace: "stub" }, () => ({ contents: "module.exports = globalThis.__anything;", loader: "js" }));
      },
    }],
  });
  return result.outputFiles[0].text;
}

// What a package that is not in the checkout returns: anything.
const below = new Proxy({}, { get: (_, name) => (typeof name === "symbol" ? undefined : globalThis.__anything) });
globalThis.__anything = new Proxy(function () {}, {
  getPrototypeOf: () => below, // an import copies own properties and this
  get: (_, name) => (name === Symbol.toPrimitive ? () => "" : name === "__esModule" ? true : globalThis.__anything),
  apply: () => globalThis.__anything,
  construct: () => globalThis.__anything,
});

const STARTERS = /^(init|load|get|parse|validate|create|check)/i;
// Whether the module starts with an environment.
function starts(code, name, env) {
  const silent = () => {};
  const console = { log: silent, error: silent, warn: silent, info: silent, debug: silent };
  const fake = { env: { ...env }, exit: () => { throw new Error("exit"); }, cwd: () => "/", argv: [], versions: process.versions, version: process.version, platform: "linux", on: silent, once: silent, emitWarning: silent, nextTick: silent };
  const module = { exports: {} };
  const names = Object.keys(process.env);
  // createEnv falls back to the real process's variables.
  for (const key of names) delete process.env[key];
  Object.assign(process.env, env);
  try {
    code(require, fake, module, module.exports, console);
    const found = module.exports[name] ?? (name === "default" ? module.exports.default : undefined);
    if (typeof found?.safeParse === "function") return found.safeParse({ ...env }).success;
    if (typeof found === "function" && found !== globalThis.__anything) { found({ ...env }); return true; }
    if (found === undefined) for (const [key, item] of Object.entries(module.exports)) {
      if (typeof item !== "function" || item.length > 1) continue;
      if (/^class\b/.test(Function.prototype.toString.call(item))) new item({ ...env }); // parses in its constructor
      else if (STARTERS.test(key)) item({ ...env });
    }
    return true;
  } catch {
    return false;
  } finally {
    for (const key of Object.keys(process.env)) delete process.env[key];
    Object.assign(process.env, saved);
  }
}
const saved = { ...process.env };

function ours(file, environments) {
  const input = environments.map((env) => JSON.stringify(env)).join("\n");
  const run = spawnSync(binary, ["schema", "auto", file], { input, encoding: "utf8", maxBuffer: 1 << 30 });
  if (run.status !== 0) return { error: run.stderr.trim().split("\n").pop() };
  const [head, ...verdicts] = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
  return { head, verdicts };
}

// createEnv reports every refusal.
globalThis.console.error = () => {};
globalThis.console.warn = () => {};

const totals = { files: 0, refused: 0, keys: 0, resolved: 0, decided: 0, unknown: 0, wrong: 0 };
async function compare(repository, commit, file) {
  const folder = checkout(repository, commit);
  const full = path.join(folder, file);
  totals.files += 1;
  const label = `${repository} ${file}`;
  const read = ours(full, []);
  if (read.error) {
    totals.refused += 1;
    return console.log(`${label}\trefused: ${read.error.replaceAll(`${folder}/`, "")}`);
  }
  const { head } = read;
  totals.keys += head.keys.length;
  totals.resolved += head.resolved;
  const names = [...new Set(head.variables.flat())];
  const literals = literalsOf(readFileSync(full, "utf8"));
  const randoms = Array.from({ length: Math.max(count, 80) }, () => Object.fromEntries(names.map((name) => [name, value(literals)]).filter(([, v]) => v !== undefined)));
  const tried = ours(full, randoms).verdicts;
  const accepted = new Map(names.map((name) => [name, [undefined]]));
  head.keys.forEach((key, index) => {
    for (const name of head.variables[index]) {
      const good = randoms.filter((_, at) => tried[at][key][0] === "accepted").map((env) => env[name]);
      if (good.length) accepted.set(name, good);
    }
  });
  const environments = Array.from({ length: count }, () => {
    const env = Object.fromEntries(names.map((name) => [name, pick(accepted.get(name))]));
    const changes = random() < 0.3 ? 0 : random() < 0.8 ? 1 : 2;
    for (let n = 0; n < changes && names.length; n += 1) env[pick(names)] = value(literals);
    return Object.fromEntries(Object.entries(env).filter(([, v]) => v !== undefined));
  });
  let code;
  try {
    const text = await bundle(full, folder, head.zod === "3" ? 3 : 4);
    code = new Function("require", "process", "module", "exports", "console", text);
  } catch (error) {
    return console.log(`${label}\tnot loadable in Node: ${error.message.split("\n")[0]}`);
  }
  const figures = { decided: 0, unknown: 0, wrong: 0 };
  ours(full, environments).verdicts.forEach((verdict, index) => {
    const results = Object.values(verdict).map(([result]) => result);
    const refused = results.includes("refused");
    if (!refused && (head.open || results.includes("unknown"))) return void (figures.unknown += 1);
    figures.decided += 1;
    if (starts(code, head.name, environments[index]) === refused) {
      figures.wrong += 1;
      if (figures.wrong <= 2) console.log(`  WRONG ${label}: ${refused ? "refused" : "accepted"} here ${JSON.stringify(Object.entries(verdict).filter(([, [r]]) => r !== "accepted"))} ${JSON.stringify(environments[index])}`);
    }
  });
  for (const key of ["decided", "unknown", "wrong"]) totals[key] += figures[key];
  const open = head.open ? `, open: ${head.reason.replaceAll(`${folder}/`, "")}` : "";
  console.log(`${label}\t${head.resolved} of ${head.keys.length} keys resolved, ${figures.decided} decided, ${figures.unknown} unknown, ${figures.wrong} wrong${open}`);
}

for (const line of readFileSync(list, "utf8").split("\n").filter((line) => line && !line.startsWith("#"))) await compare(...line.split("\t"));
console.log(`${totals.files} files, ${totals.refused} refused; ${totals.resolved} of ${totals.keys} keys resolved; ${totals.decided} environments decided, ${totals.unknown} unknown, ${totals.wrong} wrong`);
process.exitCode = totals.wrong > 0 ? 1 : 0;
