# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cliplyctl_global_optspecs
    string join \n c/context= all-contexts config= base-url= database-url= timeout= o/output= color= h/help V/version
end

function __fish_cliplyctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cliplyctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cliplyctl_using_subcommand
    set -l cmd (__fish_cliplyctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "triage" -d 'Diagnose the system: what is wrong, which runbook section applies, what to run next'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "handoff" -d 'Write a shift handoff report (Markdown, secrets redacted)'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "watch" -d 'Show a live, read-only dashboard'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "record" -d 'Record a snapshot for `history`'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "history" -d 'Show past status and when the problem started'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "health" -d 'Check that the app is up (/api/healthz)'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "ready" -d 'Check that the app is ready (/api/readyz)'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "queue" -d 'Count due, running, stuck and dead jobs in the database'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "dlq" -d 'List, requeue and undo dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "rls" -d 'Audit who can access what, against an access contract'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "env" -d 'Check the environment: schema, template and values'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "config" -d 'Show and test the settings'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "demo" -d 'Start a private database, app and workers with a simulated incident'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "jobs" -d 'List, show and rescue jobs'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "runbook" -d 'Print the runbook, one section or one check'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "schema" -d 'Print the JSON Schema of all reports'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "man" -d 'Print the manual page (roff) of the tool or of a command'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l wait -d 'Poll until the condition holds, at most this long; ends early if waiting cannot change the status' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l for -d 'Condition for --wait' -r -f -a "ok\t'All checks are OK'
not-critical\t'No check is CRITICAL or UNKNOWN; warnings do not fail then'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l save -d 'Save the results to a file, for --from' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l from -d 'Evaluate saved results with the current thresholds, without connecting' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l tests-timeout -d 'Timeout of each of these scripts' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l with-tests -d 'In a checkout of the backend, also run pnpm test:core and check:env:template'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l every -d 'Interval between polls; grows if the database is slow' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l plain -d 'Print changes, one per line, for logs and pipes'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l no-record -d 'Do not record snapshots'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l every -d 'Record at this interval until stopped, and print changes' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l retain -d 'Delete snapshots older than this' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l listen -d 'Serve /metrics for Prometheus on a local port or an address' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l since -d 'Start: a duration ago (24h, 7d) or a time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l html -d 'Write an HTML page with charts instead' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l admin -d 'Check /api/admin/readyz, which has more details'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l kind -d 'Count only jobs of this kind' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l exact -d 'Count everything exactly, even if slow (within --timeout)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l advise -d 'Print the indexes that make every metric fast'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "groups" -d 'Group dead letters by cause: what failed, since when, is it still happening?'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "list" -d 'List dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "show" -d 'Show a dead letter in full: its cause, earlier requeues, and what to do about it'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "requeue" -d 'Put dead letters back into the queue: plan, consent, guarded writes'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "follow" -d 'Follow a requeue until its jobs have finished or failed again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "undo" -d 'Take a requeue back, where nothing happened since'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "ops" -d 'List recent requeues: who, why, how many, and what became of them'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l kind -d 'Only this kind; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l workspace -d 'Only jobs of this workspace' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l error -d 'Only jobs whose error contains this text, in whatever case' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l group -d 'Only jobs of this group, as `dlq groups` names it' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l since -d 'Only jobs that died since: a span ago (2h) or a time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l until -d 'Only jobs that died before' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l kind -d 'Only this kind; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l workspace -d 'Only jobs of this workspace' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l error -d 'Only jobs whose error contains this text, in whatever case' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l group -d 'Only jobs of this group, as `dlq groups` names it' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l since -d 'Only jobs that died since: a span ago (2h) or a time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l until -d 'Only jobs that died before' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l sort -d 'In which order' -r -f -a "updated\t'The latest change first, by index'
oldest\t'The earliest change first, by index'
died\t'The latest death first; slow: reads every dead letter that matches'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l limit -d 'At most this many [default: 50; ndjson and csv: all]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l after -d 'Go on behind this cursor, as an earlier page printed it' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l ids-file -d 'The ids in this file, one a line; - for stdin' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l kind -d 'Only this kind; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l workspace -d 'Only jobs of this workspace' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l error -d 'Only jobs whose error contains this text, in whatever case' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l group -d 'Only jobs of this group, as `dlq groups` names it' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l since -d 'Only jobs that died since: a span ago (2h) or a time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l until -d 'Only jobs that died before' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l max -d 'At most this many, the latest deaths first' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l plan -d 'Apply this plan, exactly' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l resume -d 'Finish this operation as carefully as it began, unless flags of care are given; nothing is done twice' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l ramp -d 'Jobs of each step of the canary [default: 1,5,25,all]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l canary-timeout -d 'The longest wait for the outcome of a step [default: 5m]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l stop-at -d 'Stop where more than this part of a step fails again [default: 20%]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l rate -d 'Requeue at most so many jobs a second (20/s), minute (20/m) or hour (20/h)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l spread -d 'Let the jobs become due one by one over this span' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l pause-above -d 'Wait while more than so many jobs are due and not claimed' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l wait -d 'Follow at most this long [default: 30m, and the span of --spread]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l confirm -d 'Name the protected context that is written to' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l reason -d 'Why; recorded, and required in protected contexts and above 50 jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l lock-wait -d 'How long a row that others hold is retried' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l all -d 'Every dead letter: must be said where there is no filter'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l frozen -d 'Apply the plan\'s own jobs though the selection changed since'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l skip-ineligible -d 'Leave out ids that are not dead, instead of refusing all'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l include-repeat-offenders -d 'Requeue even jobs that were requeued twice and died of the same again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l canary -d 'Requeue one job of each group, wait for its outcome, then more; stop where they fail again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l follow -d 'Follow the jobs until they have finished or failed again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l dry-run -d 'Show the plan and stop'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s y -l yes -d 'Go on without asking'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l wait -d 'Follow at most this long' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l confirm -d 'Name the protected context that is written to' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l reason -d 'Why; recorded, and required in protected contexts and above 50 jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l lock-wait -d 'How long a row that others hold is retried' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l dry-run -d 'Show the plan and stop'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s y -l yes -d 'Go on without asking'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l limit -d 'At most this many' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "groups" -d 'Group dead letters by cause: what failed, since when, is it still happening?'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "list" -d 'List dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a dead letter in full: its cause, earlier requeues, and what to do about it'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "requeue" -d 'Put dead letters back into the queue: plan, consent, guarded writes'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "follow" -d 'Follow a requeue until its jobs have finished or failed again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "undo" -d 'Take a requeue back, where nothing happened since'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "ops" -d 'List recent requeues: who, why, how many, and what became of them'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "audit" -d 'Compare expected, computed and tested access'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "matrix" -d 'Show the access of each role to each table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "explain" -d 'Explain why a role can or cannot run a command on a table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "diff" -d 'Show access gained or lost between two reports of `rls matrix` or `rls audit`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "contract" -d 'Write a contract from the current access, to review and commit'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "whocan" -d 'Show which rows a user can read and change, and through which memberships'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l contract -d 'Access contract [default: the built-in one for jobs]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l schemas -d 'Schemas to examine [default: those that the API exposes, otherwise public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l role -d 'Additional role to examine; repeatable' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l probe-writes -d 'Test writes as well, rolled back: triggers run, sequences advance; only for test databases'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s y -l yes -d 'Skip the confirmation prompt of --probe-writes'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l contract -d 'Access contract [default: the built-in one for jobs]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l schemas -d 'Schemas to examine [default: those that the API exposes, otherwise public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l role -d 'Additional role to examine; repeatable' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l contract -d 'Access contract [default: the built-in one for jobs]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l schemas -d 'Schemas to examine [default: those that the API exposes, otherwise public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l role -d 'Additional role to examine; repeatable' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l contract -d 'Access contract [default: the built-in one for jobs]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l schemas -d 'Schemas to examine [default: those that the API exposes, otherwise public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l role -d 'Additional role to examine; repeatable' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l as -d 'Role to act as' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l contract -d 'Access contract [default: the built-in one for jobs]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l schemas -d 'Schemas to examine [default: those that the API exposes, otherwise public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l role -d 'Additional role to examine; repeatable' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "audit" -d 'Compare expected, computed and tested access'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "matrix" -d 'Show the access of each role to each table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain why a role can or cannot run a command on a table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show access gained or lost between two reports of `rls matrix` or `rls audit`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "contract" -d 'Write a contract from the current access, to review and commit'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "whocan" -d 'Show which rows a user can read and change, and through which memberships'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -f -a "check" -d 'Check template and values against the TypeScript schema'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -f -a "explain" -d 'Explain one variable: rule, declaration, and which source is used'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l schema -d 'TypeScript file with the schema; repeatable [default: packages/shared/src/env.ts or a similar path]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l schema-name -d 'Name of the schema in that file [default: EnvSchema, otherwise the only one]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l template -d 'Template [default: .env.example]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l values -d 'Validate the values of these files (- for stdin); later files take precedence' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l code -d 'Also find undeclared and unused variables in the code below this directory' -r -f -a "(__fish_complete_directories)"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l profile -d 'Require the variables of this profile in cliplyctl.toml' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l fail-on -d 'Lowest status that fails the command; UNKNOWN always fails' -r -f -a "warning\t'Fail on WARNING, CRITICAL and UNKNOWN'
critical\t'Fail only on CRITICAL and UNKNOWN'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l process -d 'Validate the environment of this process, which takes precedence over files'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l strict -d 'Treat commented keys as missing, and warnings about the template as CRITICAL'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l fix -d 'Insert missing keys into the template: show the diff, confirm, write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s y -l yes -d 'Skip the confirmation prompt of --fix'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l schema -d 'TypeScript file with the schema; repeatable [default: packages/shared/src/env.ts or a similar path]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l schema-name -d 'Name of the schema in that file [default: EnvSchema, otherwise the only one]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l template -d 'Template [default: .env.example]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l values -d 'Validate the values of these files (- for stdin); later files take precedence' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l process -d 'Validate the environment of this process, which takes precedence over files'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check template and values against the TypeScript schema'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain one variable: rule, declaration, and which source is used'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "show" -d 'Show all settings and their sources'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "check" -d 'Test the settings and the database connection'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "init" -d 'Write a commented cliplyctl.toml from the current settings, without secrets'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "grants" -d 'Print the GRANT statements for three roles: read, audit and write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l declare -d 'Print a declaration of this table for the configuration file' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show all settings and their sources'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Test the settings and the database connection'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a commented cliplyctl.toml from the current settings, without secrets'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "grants" -d 'Print the GRANT statements for three roles: read, audit and write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l scenario -d 'Incident to simulate' -r -f -a "incident\t'a bad deploy, an expired token, an unresponsive worker, a backlog, a wrong policy, an outdated template'
healthy\t'no problem: every status command exits 0'
app-down\t'the app does not answer, workers still run (3.1)'
dead-letters\t'an expired TikTok token causes dead letters; everything else is OK (3.4)'
stuck-jobs\t'the only worker stopped sending heartbeats; its jobs are stuck (3.3)'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l fix -d 'Deploy a fix to the running demo: jobs of this kind succeed, and workers process the backlog' -r -f -a "CLIP_RENDER\t''
PUBLISH_TIKTOK\t''"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l exec -d 'Run one command against a new demo and exit with its exit code: --exec "dlq list"' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l list-scenarios -d 'List the scenarios'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "show" -d 'Show a job in full: errors, payload, timeline, and what its state means'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "list" -d 'List jobs of one state: those that wait, run, are stuck, finished, ...'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "rescue" -d 'Take jobs from silent workers: back to waiting, or dead after the last attempt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l state -d 'What is going on with them' -r -f -a "due\t''
scheduled\t''
running\t''
stuck\t''
failed\t''
finished\t''
dead\t''
canceled\t''
unknown\t''"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l kind -d 'Only this kind' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l limit -d 'At most this many' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l stale -d 'Silent for longer than this [default: the setting stuck_after, 10m]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l confirm -d 'Name the protected context that is written to' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l reason -d 'Why; recorded, and required in protected contexts and above 50 jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l lock-wait -d 'How long a row that others hold is retried' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l dry-run -d 'Show the plan and stop'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s y -l yes -d 'Go on without asking'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a job in full: errors, payload, timeline, and what its state means'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "list" -d 'List jobs of one state: those that wait, run, are stuck, finished, ...'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "rescue" -d 'Take jobs from silent workers: back to waiting, or dead after the last attempt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s c -l context -d 'Use this context of cliplyctl.toml; status commands accept several (a,b)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l config -d 'Read this configuration file instead of the default ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l database-url -d 'Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l timeout -d 'Timeout of the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s o -l output -d 'Output format [default: table; handoff: markdown]' -r -f -a "table\t'Tables for a terminal'
json\t'One JSON document for scripts (described by `cliplyctl schema`)'
github\t'Annotations for GitHub Actions, one per finding'
ndjson\t'One JSON object per line, for pipes'
csv\t'Rows for spreadsheets (RFC 4180)'
short\t'One line, for chats'
markdown\t'Markdown for tickets and pull requests'
nagios\t'Status line with performance data, for Nagios and Icinga'
junit\t'Test cases for CI servers, one per check'
prometheus\t'Metrics for the textfile collector of node_exporter'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l all-contexts -d 'Run a status command in every context of cliplyctl.toml'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "triage" -d 'Diagnose the system: what is wrong, which runbook section applies, what to run next'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "handoff" -d 'Write a shift handoff report (Markdown, secrets redacted)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "watch" -d 'Show a live, read-only dashboard'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "record" -d 'Record a snapshot for `history`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "history" -d 'Show past status and when the problem started'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "health" -d 'Check that the app is up (/api/healthz)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "ready" -d 'Check that the app is ready (/api/readyz)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "queue" -d 'Count due, running, stuck and dead jobs in the database'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "dlq" -d 'List, requeue and undo dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "rls" -d 'Audit who can access what, against an access contract'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "env" -d 'Check the environment: schema, template and values'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "config" -d 'Show and test the settings'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "demo" -d 'Start a private database, app and workers with a simulated incident'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "jobs" -d 'List, show and rescue jobs'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "runbook" -d 'Print the runbook, one section or one check'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "schema" -d 'Print the JSON Schema of all reports'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "man" -d 'Print the manual page (roff) of the tool or of a command'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "groups" -d 'Group dead letters by cause: what failed, since when, is it still happening?'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "list" -d 'List dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "show" -d 'Show a dead letter in full: its cause, earlier requeues, and what to do about it'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "requeue" -d 'Put dead letters back into the queue: plan, consent, guarded writes'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "follow" -d 'Follow a requeue until its jobs have finished or failed again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "undo" -d 'Take a requeue back, where nothing happened since'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "ops" -d 'List recent requeues: who, why, how many, and what became of them'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "audit" -d 'Compare expected, computed and tested access'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "matrix" -d 'Show the access of each role to each table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "explain" -d 'Explain why a role can or cannot run a command on a table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "diff" -d 'Show access gained or lost between two reports of `rls matrix` or `rls audit`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "contract" -d 'Write a contract from the current access, to review and commit'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "whocan" -d 'Show which rows a user can read and change, and through which memberships'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from env" -f -a "check" -d 'Check template and values against the TypeScript schema'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from env" -f -a "explain" -d 'Explain one variable: rule, declaration, and which source is used'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show all settings and their sources'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Test the settings and the database connection'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "init" -d 'Write a commented cliplyctl.toml from the current settings, without secrets'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "grants" -d 'Print the GRANT statements for three roles: read, audit and write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "show" -d 'Show a job in full: errors, payload, timeline, and what its state means'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "list" -d 'List jobs of one state: those that wait, run, are stuck, finished, ...'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "rescue" -d 'Take jobs from silent workers: back to waiting, or dead after the last attempt'
complete -c cliplyctl -f
