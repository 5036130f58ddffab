//! Commands that only read files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::bench::Bench;
use crate::measure::in_turns;
use crate::report::Section;

const KEYS: usize = 60;

pub fn env(bench: &mut Bench) -> Result<Section> {
    let project = project(bench, "env")?;
    let cliplyctl = bench.tool("env check").dir(&project);
    let mut section = Section::default();
    let Some(node) = node() else {
        let [cliplyctl] = in_turns([&cliplyctl], bench.options.runs())?;
        section.lines("", [cliplyctl]);
        section.notes.push("There is no node on this machine to compare with".to_owned());
        return Ok(section);
    };
    let node = bench.program("node -e 0", node).args(["-e", "0"]);
    let [cliplyctl, node] = in_turns([&cliplyctl, &node], bench.options.runs())?;
    section.not_slower("median", &cliplyctl, &node);
    section.lines("", [cliplyctl, node]);
    Ok(section)
}

/// Returns the path of node itself, not of a version manager's shim.
fn node() -> Option<PathBuf> {
    let output = Command::new("node").args(["-p", "process.execPath"]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

pub fn code(bench: &mut Bench) -> Result<Section> {
    let files = if bench.options.short { 200 } else { 5_000 };
    let project = project(bench, "code")?;
    let bytes = sources(&project, files)?;
    let cliplyctl = bench.tool("env check --code .").dir(&project);
    let [cliplyctl] = in_turns([&cliplyctl], bench.options.runs())?;
    let mut section = Section::default();
    section.lines(&format!("{files} files, {:.1} MB", bytes as f64 / 1e6), [cliplyctl]);
    Ok(section)
}

/// Writes a schema and a complete template.
fn project(bench: &Bench, name: &str) -> Result<PathBuf> {
    let project = bench.scratch().join(name);
    let schema = project.join("packages/shared/src");
    fs::create_dir_all(&schema)?;
    let mut code = "import { z } from 'zod';\nexport const EnvSchema = z.object({\n".to_owned();
    let mut template = String::new();
    for n in 1..=KEYS {
        writeln!(
            code,
            "  SERVICE_{n}_URL: z.string().url().describe('where service {n} answers'),"
        )?;
        writeln!(template, "SERVICE_{n}_URL=https://service-{n}.example")?;
    }
    fs::write(schema.join("env.ts"), code + "});\n")?;
    fs::write(project.join(".env.example"), template)?;
    Ok(project)
}

/// Writes source files with many copies of a function. Returns their size in bytes.
fn sources(project: &Path, files: usize) -> Result<usize> {
    let mut bytes = 0;
    for f in 0..files {
        let folder = project.join(format!("src/part{}", f / 100));
        fs::create_dir_all(&folder)?;
        let key = format!("SERVICE_{}_URL", f % KEYS + 1);
        let mut text = if f % 2 == 0 {
            format!("const url = process.env.{key};\n")
        } else {
            format!("import {{ other }} from \"./env.js\"; const {{ {key} }} = process.env;\n")
        };
        for n in 0..4 + f % 46 {
            writeln!(
                text,
                "export async function handler{n}(request: Request, context: {{ id: string }}): Promise<Response> {{\n  \
                 const body = await request.json();\n  \
                 if (!body?.items?.length) throw new Error(`no items for ${{context.id}}`);\n  \
                 return Response.json({{ ok: true, count: body.items.map((x: number) => x * 2).length }});\n}}\n"
            )?;
        }
        bytes += text.len();
        fs::write(folder.join(format!("file{f}.ts")), text)?;
    }
    Ok(bytes)
}
