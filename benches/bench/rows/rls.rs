//! The access audit.

use std::fs;

use cliplyctl::demo::backend;

use super::ensure_equal;
use crate::bench::Bench;
use crate::chart::{Axis, Point};
use crate::measure::in_turns;
use crate::report::Section;
use crate::{Result, fill};

pub fn run(bench: &mut Bench) -> Result<Section> {
    fill::empty(bench, "rls")?;
    let wide = include_str!("../../../tests/fixtures/rls/wide.sql");
    bench.sql("rls", &[backend::ACCESS, backend::ACCESS_RULES, wide].join("\n"))?;
    let jobs = "insert into jobs (workspace_id, kind)
                select w.id, 'CLIP_RENDER' from workspaces w, generate_series(1, 1000)";
    bench.sql("rls", jobs)?;
    bench.sql("rls", "vacuum analyze")?;
    let tables = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";
    ensure_equal("tables", bench.sql("rls", tables)?.parse()?, 28.0)?;

    let contract = bench.scratch().join("contract.toml");
    fs::write(&contract, declared(&bench.tool_on("rls", "rls contract")?.answer()?))?;
    let audit = |bench: &mut Bench| {
        Ok::<_, Box<dyn std::error::Error>>(bench.tool_on("rls", "rls audit")?.codes(&[0, 1, 2]))
    };
    let built_in = audit(bench)?.named("rls audit, built-in contract");
    let all = audit(bench)?
        .named("rls audit, all tables declared")
        .args(["--contract".as_ref(), contract.as_os_str()]);
    let baseline = bench.baseline_on("rls")?;
    let [built_in, all, baseline] = in_turns([&built_in, &all, &baseline], bench.options.runs())?;
    let mut section = Section::default();
    for figures in [&built_in, &all] {
        section.at_most(figures.name.clone(), "ms", figures.median, 300.0);
    }
    section.lines("", [built_in, all, baseline]);
    Ok(section)
}

/// Tables of the audits that [`growth`] measures.
const TABLES: [u32; 4] = [10, 50, 200, 500];

pub fn growth(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    let sizes = if bench.options.short { &TABLES[..1] } else { &TABLES };
    for &tables in sizes {
        let database = format!("rls_{tables}");
        fill::empty(bench, &database)?;
        // Six of the tables are those of the backend.
        let wide = include_str!("../../../tests/fixtures/rls/wide.sql")
            .replace("FOR i IN 1..22", &format!("FOR i IN 1..{}", tables - 6));
        bench.sql(&database, &[backend::ACCESS, backend::ACCESS_RULES, &wide].join("\n"))?;
        bench.sql(&database, "vacuum analyze")?;
        let counted = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";
        ensure_equal("tables", bench.sql(&database, counted)?.parse()?, tables.into())?;
        let policies: f64 = bench.sql(&database, "select count(*) from pg_policies")?.parse()?;
        let audit = bench.tool_on(&database, "rls audit --timeout 1m")?.codes(&[0, 1, 2]);
        let [measured] = in_turns([&audit.named("rls audit")], bench.options.runs())?;
        if tables == 200 {
            section.at_most("200 tables", "ms", measured.median, 2_000.0);
        }
        section.growth.push(Point::new("rls audit", Axis::Tables, tables.into(), &measured));
        section.lines(&format!("{tables} tables, {policies} policies"), [measured]);
    }
    Ok(section)
}

/// Adds the workspace columns to a contract from `rls contract`, so that rows of both sides are tested.
fn declared(contract: &str) -> String {
    let mut text = String::new();
    let mut ruled = false;
    for line in contract.lines() {
        let table =
            line.strip_prefix("[tables.\"public.").and_then(|rest| rest.strip_suffix("\"]"));
        if line.starts_with("[tables.") {
            ruled = table.is_some_and(|name| name == "jobs" || name.starts_with("feature_"));
            text += line;
            text += if ruled { "\ntenant = \"workspace_id\"\n" } else { "\n" };
        } else if ruled {
            text += &line.replace("select = \"rows\"", "select = \"rows where member\"");
            text.push('\n');
        } else {
            text += line;
            text.push('\n');
        }
    }
    text + "[rules.member]\nmembership = \"public.workspace_members\"\nuser = \"user_id\"\ntenant = \"workspace_id\"\n"
}
