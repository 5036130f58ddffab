//! Examples of each command, for `--help` and the manual pages.

/// An example: the command line without the program name, and what it does.
pub(crate) type Example = (&'static str, &'static str);

/// The examples by command. A test compares the names with the command tree and parses each line.
pub(crate) const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "triage",
        &[
            ("triage", "diagnose the default context"),
            ("-c prod triage --fail-on critical -o json", "gate a deployment"),
            ("triage --wait 5m --for not-critical", "wait after a restart"),
            ("triage --save seen.json", "save the results for a post-mortem"),
        ],
    ),
    (
        "handoff",
        &[
            ("-c prod handoff > handoff.md", "write the report to a file"),
            ("handoff -o json", "the same report for a script"),
        ],
    ),
    (
        "watch",
        &[
            ("watch", "dashboard, updated every 15s"),
            ("-c prod watch --every 5s", "shorter interval"),
            ("watch --plain", "one line per change, for logs and pipes"),
        ],
    ),
    (
        "record",
        &[
            ("record", "record one snapshot, for example from cron"),
            ("-c prod record --every 30s --listen 9187", "record continuously, with /metrics"),
        ],
    ),
    (
        "history",
        &[
            ("history", "the last 24 hours"),
            ("history --since 7d --html incident.html", "write a page for the post-mortem"),
            ("history --since 2026-01-31T04:00:00Z -o csv", "one row per snapshot"),
        ],
    ),
    (
        "history systems",
        &[
            ("history systems", "the recorded systems with their ids"),
            ("history systems -o json", "the same for a script"),
        ],
    ),
    (
        "history systems rename",
        &[
            ("history systems rename db.example:5432/app prod", "a name instead of the address"),
            ("history systems rename 2 staging", "by id"),
        ],
    ),
    (
        "history systems join",
        &[
            ("history systems join 2 1", "continue a system after its database was replaced"),
            ("history systems join old-prod prod --yes", "without the prompt"),
        ],
    ),
    (
        "health",
        &[
            ("health", "check the default context"),
            ("health --base-url https://app.example.com", "check an app without configuration"),
            ("--all-contexts health", "one line per context"),
        ],
    ),
    (
        "ready",
        &[
            ("ready", "check /api/readyz"),
            ("ready --admin", "check /api/admin/readyz, with details"),
            ("ready -o nagios", "run as a monitoring plugin"),
        ],
    ),
    (
        "queue",
        &[
            ("queue", "count all jobs by state and kind"),
            ("queue --kind CLIP_RENDER", "only one kind"),
            ("queue --advise", "indexes that make every metric fast"),
        ],
    ),
    (
        "dlq groups",
        &[
            ("dlq groups", "dead letters by cause, largest group first"),
            ("dlq groups --since 2h", "only recent dead letters"),
            ("dlq groups --kind PUBLISH_TIKTOK", "only one kind"),
            ("dlq groups --by workspace", "who is affected"),
        ],
    ),
    (
        "dlq list",
        &[
            ("dlq list", "the 50 most recently changed dead letters"),
            ("dlq list --kind CLIP_RENDER --error timeout", "by kind and error text"),
            ("dlq list -o csv > dead-letters.csv", "export all dead letters"),
        ],
    ),
    (
        "dlq show",
        &[
            ("dlq show 00000000-0000-4000-8000-000000000431", "error, timeline and advice"),
            ("dlq show 00000000-0000-4000-8000-000000000431 -o json", "the same for a script"),
        ],
    ),
    (
        "dlq requeue",
        &[
            ("dlq requeue --kind PUBLISH_TIKTOK --canary --dry-run", "preview a canary"),
            (
                "dlq requeue --group v2-d195eb9973 --canary --reason \"token renewed\"",
                "requeue one group in growing batches",
            ),
            (
                "dlq requeue --all --rate 20/m --reason \"fix deployed\"",
                "requeue everything slowly",
            ),
            ("dlq requeue 00000000-0000-4000-8000-000000000431", "requeue one job"),
        ],
    ),
    (
        "dlq ack",
        &[
            (
                "dlq ack --group v2-d195eb9973 --expires 2026-12-15 --reason \"fix in 2.4\"",
                "print the entry; nothing is written",
            ),
            (
                "dlq ack --group v2-d195eb9973 --expires 2026-12-15 --reason known --max-jobs 50",
                "count the group again beyond 50 jobs",
            ),
        ],
    ),
    (
        "dlq follow",
        &[
            ("dlq follow rq-20260131T040000Z-e432-bc1128", "outcome of the jobs of an operation"),
            (
                "dlq follow rq-20260131T040000Z-e432-bc1128 --wait 10m",
                "wait until they have finished",
            ),
        ],
    ),
    (
        "dlq undo",
        &[
            ("dlq undo rq-20260131T040000Z-e432-bc1128 --dry-run", "preview the undo"),
            (
                "dlq undo rq-20260131T040000Z-e432-bc1128 --reason \"wrong kind\"",
                "return unclaimed jobs to dead letters",
            ),
        ],
    ),
    (
        "dlq ops",
        &[
            ("dlq ops", "recent requeues, undos and rescues"),
            ("dlq ops -o json", "the same for a script"),
        ],
    ),
    (
        "rls audit",
        &[
            ("rls audit", "compare with the built-in contract for jobs"),
            ("rls audit --contract access.toml", "compare with your own contract"),
            ("-c staging rls audit --probe-writes", "test writes as well, rolled back"),
        ],
    ),
    (
        "rls matrix",
        &[
            ("rls matrix", "access of each role to each table"),
            ("rls matrix -o json > access.json", "store a report for rls diff"),
        ],
    ),
    (
        "rls explain",
        &[
            ("rls explain jobs anon select", "why anon can or cannot read jobs"),
            ("rls explain public.jobs authenticated update", "with the schema"),
        ],
    ),
    (
        "rls diff",
        &[
            ("rls diff before.json after.json", "access gained or lost by a migration"),
            ("rls diff before.json after.json -o github", "as annotations of a pull request"),
        ],
    ),
    (
        "rls contract",
        &[
            ("rls contract > access.toml", "write a contract to review and commit"),
            ("rls contract --schemas public,api", "of two schemas"),
        ],
    ),
    (
        "rls whocan",
        &[
            ("rls whocan 3f8a2c1e-0000-4000-8000-000000000001", "rows of one user in all tables"),
            ("rls whocan 3f8a2c1e-0000-4000-8000-000000000001 jobs", "only in jobs"),
        ],
    ),
    (
        "env check",
        &[
            ("env check", "compare .env.example with the schema"),
            ("env check --values .env --profile worker", "validate values for the worker"),
            ("env check --code . --strict", "also compare with the code, for CI"),
            ("env check --fix", "insert missing variables (asks first)"),
        ],
    ),
    (
        "env explain",
        &[
            ("env explain SUPABASE_URL", "rule, declaration and source of one variable"),
            ("env explain SUPABASE_URL --values .env", "with its value in .env (not shown)"),
        ],
    ),
    (
        "config show",
        &[
            ("config show", "settings of the default context and their sources"),
            ("-c prod config show", "settings of one context"),
        ],
    ),
    (
        "config check",
        &[
            ("-c prod config check", "test the settings and the database connection"),
            ("config check --declare app.tasks", "print a declaration of another jobs table"),
        ],
    ),
    (
        "config init",
        &[
            ("config init", "write cliplyctl.toml from the current settings"),
            ("config init staging", "with the context name staging"),
        ],
    ),
    (
        "config grants",
        &[
            ("config grants", "print GRANT statements to review"),
            ("-c prod config grants > roles.sql", "write them to a file"),
        ],
    ),
    (
        "demo",
        &[
            ("demo", "start an incident; Ctrl-C ends it"),
            ("demo --scenario dead-letters", "start another incident"),
            ("demo --exec \"dlq list\"", "run one command against a new demo"),
            ("demo --fix PUBLISH_TIKTOK", "deploy a fix to the running demo"),
        ],
    ),
    (
        "jobs list",
        &[
            ("jobs list", "due jobs, longest due first"),
            ("jobs list --state stuck", "claimed jobs without a heartbeat"),
            ("jobs list --state failed --kind TRANSCRIBE --limit 100", "by state and kind"),
            ("jobs list --state finished --since 1h", "jobs that finished in the last hour"),
        ],
    ),
    (
        "jobs show",
        &[
            ("jobs show 00000000-0000-4000-8000-000000000331", "state, timeline and errors"),
            ("jobs show 00000000-0000-4000-8000-000000000331 -o json", "the same for a script"),
        ],
    ),
    (
        "jobs rescue",
        &[
            ("jobs rescue --dry-run", "preview the rescue of all stuck jobs"),
            ("jobs rescue --reason \"worker-c was killed\"", "rescue all stuck jobs (asks first)"),
        ],
    ),
    (
        "runbook",
        &[
            ("runbook", "print the whole runbook"),
            ("runbook 3.3", "print the section on a queue backlog"),
            ("runbook queue.stuck", "print the section of a check"),
        ],
    ),
    (
        "schema",
        &[
            ("schema > report.schema.json", "write the JSON Schema to a file"),
            ("schema -o json", "as the data of a report"),
        ],
    ),
    (
        "completions",
        &[
            ("completions bash > /usr/share/bash-completion/completions/cliplyctl", "for bash"),
            ("completions zsh > _cliplyctl", "for zsh"),
        ],
    ),
    (
        "man",
        &[
            ("man | man -l -", "read the page of the tool"),
            ("man dlq requeue | man -l -", "read the page of one command"),
        ],
    ),
];

/// Returns the examples of a command such as `dlq list`; none for the tool and for groups of commands.
pub(crate) fn of(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, examples)| *examples)
}
