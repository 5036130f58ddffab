// Run by scripts/compare-zod. For each fixture and each zod that it is written for: the same keys,
// and on random environments the same verdict by key, unless ours says "unknown".
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { literalsOf, pick, random, seed, value } from "./compare-zod-values.mjs";

const [binary, folder, countText, seedText] = process.argv.slice(2);
const count = Number(countText);
const here = path.dirname(new URL(import.meta.url).pathname);
const require = createRequire(import.meta.url);
seed(Number(seedText));
process.noDeprecation = true;
delete process.env.NODE_ENV;
// Node 20's own canParse misreads Latin-1 strings once it is optimised; `new URL` does not.
URL.canParse = (text) => {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
};

function fixtures() {
  return readdirSync(folder)
    .map((name) => (name.endsWith(".ts") ? path.join(folder, name) : path.join(folder, name, "env.ts")))
    .filter((file) => existsSync(file))
    .sort();
}

// The fixture with zod in place, its schema exported under a name of ours, unparsed.
async function load(file, name, zod) {
  const text = readFileSync(file, "utf8")
    .replace(/^\ufeff/, "")
    .replace(/\.(safeParse|parse)\(process\.env\)/g, "")
    .replace("if (!parsed.success)", "if (false)");
  const elsewhere = name === "default" || /^export \{[^}]*\} from/m.test(text);
  const contents = elsewhere
    ? `export { ${name} as __schema } from ${JSON.stringify(file)}`
    : `${text}\nexport { ${name} as __schema };`;
  const shim = path.join(here, "t3.mjs");
  writeFileSync(shim, "export const createEnv = (options) => ({ t3: options });\nexport const vercel = () => ({});\nexport const neonVercel = () => ({});\n");
  const outfile = path.join(here, "built", `${path.basename(path.dirname(file))}-${path.basename(file)}-${zod}.mjs`);
  const zodPath = require.resolve(zod).replace(/\.cjs$/, ".js");
  await build({
    stdin: { contents, resolveDir: path.dirname(file), loader: "ts", sourcefile: `${file}.entry.ts` },
    bundle: true, format: "esm", platform: "node", outfile, logLevel: "silent",
    plugins: [{
      name: "place",
      setup(builder) {
        builder.onResolve({ filter: /^zod(\/v[34])?$/ }, () => ({ path: pathToFileURL(zodPath).href, external: true }));
        builder.onResolve({ filter: /^@t3-oss\// }, () => ({ path: shim }));
      },
    }],
  });
  // `require("zod")` of the bundle is not an import; give it the same module.
  const zodModule = await import(pathToFileURL(zodPath).href);
  const built = readFileSync(outfile, "utf8").replace(/__require\("[^"]*"\)/g, "globalThis.__zod");
  globalThis.__zod = zodModule;
  globalThis.module = { exports: {} };
  writeFileSync(outfile, built);
  return (await import(pathToFileURL(outfile).href)).__schema;
}

// The object's properties, below refinements and transforms.
function shapeOf(schema) {
  if (schema.shape) return schema.shape;
  const def = schema._def ?? schema.def;
  if (def.left) {
    const [left, right] = [shapeOf(def.left), shapeOf(def.right)];
    const both = Object.keys(left).filter((key) => key in right).map((key) => [key, left[key].and(right[key])]);
    return { ...left, ...right, ...Object.fromEntries(both) };
  }
  return shapeOf(def.schema ?? def.innerType ?? def.in);
}

// Which keys the run time refuses; a key whose code throws ends the boot, too.
function refusals(schema, shape, z, env, createEnv) {
  const refused = new Set();
  if (schema.t3) {
    const onValidationError = (issues) => {
      for (const issue of issues) refused.add(String(issue.path[0]?.key ?? issue.path[0]));
      throw new Error("refused");
    };
    try {
      createEnv({ ...schema.t3, extends: [], isServer: true, skipValidation: false, runtimeEnvStrict: undefined, runtimeEnv: { ...env }, onValidationError });
    } catch {}
    return refused;
  }
  for (const key of Object.keys(shape)) {
    const own = key in env ? { [key]: env[key] } : {};
    try {
      if (!z.object({ [key]: shape[key] }).safeParse(own).success) refused.add(key);
    } catch {
      refused.add(key);
    }
  }
  return refused;
}

const totals = { schemas: 0, verdicts: 0, unknown: 0, different: 0 };
const unknown = new Map();
const shown = new Map();
function differ(key, line) {
  totals.different += 1;
  shown.set(key, (shown.get(key) ?? 0) + 1);
  if (shown.get(key) <= 3) console.log(line);
}

function ours(major, file, environments) {
  const input = environments.map((env) => JSON.stringify(env)).join("\n");
  const run = spawnSync(binary, ["schema", major, file], { input, encoding: "utf8", maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`${file}: ${run.stderr}`);
  return run.stdout.trim().split("\n").map((line) => JSON.parse(line));
}

async function compare(file, text, zod, createEnv) {
  const { z } = await import(zod);
  const label = `${path.relative(folder, file)} ${zod}`;
  const major = zod.startsWith("zod3") ? "3" : "4";
  const [head] = ours(major, file, []);
  let schema;
  try {
    schema = await load(file, head.name, zod);
  } catch (error) {
    // An older release may lack what a fixture uses.
    if (/is not a function/.test(error.message)) return console.log(`${label}: skipped, ${error.message}`);
    return differ(label, `${label}: not loadable: ${error.message.split("\n")[0]}`);
  }
  if (!schema) return differ(label, `${label}: no schema of that name at run time`);
  const shape = schema.t3 ? { ...schema.t3.server, ...schema.t3.shared, ...schema.t3.client } : shapeOf(schema);
  if (schema.t3 && !("~standard" in z.string())) return console.log(`${label}: skipped, no standard schema`);
  const keys = Object.keys(shape).sort();
  // Keys of what createEnv extends are checked when that is made.
  const declared = schema.t3 ? head.keys.filter((key) => key in shape) : [...head.keys];
  if (keys.join() !== declared.sort().join()) differ(label, `${label}: keys ${head.keys} here, ${keys} there`);
  const literals = literalsOf(text);
  const environments = Array.from({ length: count }, () =>
    Object.fromEntries(keys.map((key) => [key, value(literals)]).filter(([, v]) => v !== undefined)));
  // Conditions on NODE_ENV are decided once, when the module is loaded.
  if (text.includes("process.env.NODE_ENV ===")) for (const env of environments) delete env.NODE_ENV;
  // A key that runtimeEnv takes from another variable is given by that name; one of several is not compared.
  const variable = new Map(head.keys.map((key, index) => [key, head.variables[index]]));
  const renamed = (env) => Object.fromEntries(Object.entries(env).map(([key, v]) => [variable.get(key)?.[0] ?? key, v]));
  const verdicts = ours(major, file, environments.map(renamed)).slice(1);
  totals.schemas += 1;
  environments.forEach((env, index) => {
    const refused = refusals(schema, shape, z, env, createEnv);
    for (const key of keys) {
      if ((variable.get(key)?.length ?? 1) !== 1) continue;
      const [verdict, why] = verdicts[index][key] ?? ["missing", ""];
      totals.verdicts += 1;
      if (verdict === "unknown") {
        totals.unknown += 1;
        unknown.set(`${label} ${key}: ${why}`, (unknown.get(`${label} ${key}: ${why}`) ?? 0) + 1);
      } else if ((verdict === "refused") !== refused.has(key)) {
        const there = refused.has(key) ? "refused" : "accepted";
        differ(`${label} ${key}`, `${label} ${key}=${JSON.stringify(env[key])}: ${verdict} here (${why}), ${there} there`);
      }
    }
  });
}

async function schemas() {
  const { createEnv } = await import("@t3-oss/env-core");
  for (const file of fixtures()) {
    const text = readFileSync(file, "utf8");
    const majors = /\/\/ zod: (.*)/.exec(text)?.[1].trim().split(" ") ?? [];
    const runtimes = { 3: ["zod322", "zod324", "zod3"], 4: ["zod40", "zod41", "zod43", "zod44", "zod45", "zod4"], none: [] };
    for (const zod of majors.flatMap((major) => runtimes[major])) await compare(file, text, zod, createEnv);
  }
}

// Files of the pieces that dotenv's expression cares about, in any order.
function dotenvFiles() {
  const pieces = ["A", "B", "KEY", "export ", "export", "=", "=", "=", ":", ": ", " ", "\n", "\n", "\n", "\r\n", "\r", "\t", "#", "# ", "'", '"', "`", "\\'", '\\"', "\\`", "\\", "\\n", "\\r", "value", "x y", "$A", "-", ".", "\ufeff", "\u00a0", "\u2028", "é", "😀"];
  return Array.from({ length: count * 20 }, () => Array.from({ length: 1 + Math.floor(random() * 24) }, () => pick(pieces)).join(""));
}

async function dotenv() {
  const { parse } = (await import("dotenv")).default;
  const files = dotenvFiles();
  const run = spawnSync(binary, ["dotenv"], { input: files.map((text) => JSON.stringify(text)).join("\n"), encoding: "utf8", maxBuffer: 1 << 30 });
  const lines = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
  let different = 0;
  files.forEach((text, index) => {
    const there = parse(text);
    const sorted = (pairs) => JSON.stringify(Object.entries(pairs).sort());
    if (sorted(there) !== sorted(lines[index])) {
      different += 1;
      if (different <= 5) console.log(`dotenv ${JSON.stringify(text)}: ${sorted(lines[index])} here, ${sorted(there)} there`);
    }
  });
  console.log(`dotenv: ${files.length} files, ${different} different`);
  return different;
}

await schemas();
for (const [reason, times] of [...unknown].sort()) if (process.env.SHOW_UNKNOWN) console.log(`unknown ${times}x ${reason}`);
console.log(`zod: ${totals.schemas} schemas × ${count} environments, ${totals.verdicts} verdicts, ${totals.unknown} unknown, ${totals.different} different`);
process.exitCode = (await dotenv()) + totals.different > 0 ? 1 : 0;
