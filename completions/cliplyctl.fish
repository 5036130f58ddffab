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

complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "triage" -d 'Walk the runbook: what is wrong, which section applies, what to type next'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "handoff" -d 'Write everything that the next person needs into one text that is safe to paste'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "watch" -d 'Look at everything again and again, on a live screen; acts on nothing'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "record" -d 'Keep a snapshot of everything for the history'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "history" -d 'Show how it was, and say when it started'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "health" -d 'Is the app up? Ask /api/healthz'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "ready" -d 'Is it ready? Ask /api/readyz'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "queue" -d 'What is waiting, in progress, stuck and dead? Ask the database'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "dlq" -d 'Work with dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "rls" -d 'Prove who can do what, against a declared contract'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "env" -d 'Is the environment complete? Ask the schema, the template and the values'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "config" -d 'Show and check the settings in force'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "demo" -d 'Start a private database, app and workers with an incident to try everything on'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "jobs" -d 'Look at single jobs'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "runbook" -d 'Print the runbook, or one section or check of it'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "schema" -d 'Print the JSON Schema of every report'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "man" -d 'Print the manual page (roff) of the tool or of one command'
complete -c cliplyctl -n "__fish_cliplyctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l wait -d 'Look again until the goal is reached, at most this long; ends at once on what waiting cannot change' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l for -d 'What to wait for' -r -f -a "ok\t'Every check is OK'
not-critical\t'Nothing is critical and nothing unknown; warnings do not fail then'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l save -d 'Keep what was seen in a file, for --from' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l from -d 'Look at nothing: judge a saved triage again, with the limits of now' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l tests-timeout -d 'Longest time for each of them' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l with-tests -d 'In a checkout of the backend, run its own checks first: pnpm test:core, check:env:template'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand triage" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand handoff" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l every -d 'Time between two looks; longer by itself when the database is slow' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l plain -d 'Print what changes, one line each, instead of a screen: for logs and pipes'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l no-record -d 'Keep no snapshots while it runs'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand watch" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l every -d 'Go on recording until a signal comes, and print what changes' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l keep -d 'Forget snapshots that are older' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l listen -d 'Answer /metrics for Prometheus: a port of this machine alone, or an address' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand record" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l since -d 'Since when: a span ago (24h, 7d) or a time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l html -d 'Write a page for a browser instead: charts, no network, printable' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand history" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand health" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l admin -d 'Ask /api/admin/readyz, which says more'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand ready" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l kind -d 'Count jobs of this kind alone' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l exact -d 'Count everything exactly, however long it takes (within --timeout)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l advise -d 'Print the indexes that would make every figure instant'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand queue" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "groups" -d 'Group dead letters by cause, and show which groups are still failing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "list" -d 'List dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "show" -d 'Show a dead letter: error, cause, advice, earlier requeues and events'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "requeue" -d 'Requeue dead letters: show the plan, confirm, write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "follow" -d 'Follow a requeue until each of its jobs has an outcome'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "undo" -d 'Undo a requeue: return jobs that no worker has claimed since to dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "ops" -d 'List recent operations with operator, reason, jobs and outcome'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and not __fish_seen_subcommand_from groups list show requeue follow undo ops help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l kind -d 'Only jobs of this kind; may be repeated' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l workspace -d 'Only jobs of this workspace' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l error -d 'Only jobs whose error contains this text, ignoring case' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l group -d 'Only jobs of this group, as listed by `dlq groups`' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l since -d 'Only jobs dead since this duration ago (2h) or time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l until -d 'Only jobs dead since before this duration ago or time' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from groups" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l kind -d 'Only jobs of this kind; may be repeated' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l workspace -d 'Only jobs of this workspace' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l error -d 'Only jobs whose error contains this text, ignoring case' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l group -d 'Only jobs of this group, as listed by `dlq groups`' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l since -d 'Only jobs dead since this duration ago (2h) or time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l until -d 'Only jobs dead since before this duration ago or time' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l sort -d 'Sort order' -r -f -a "updated\t'Most recently changed first, by index'
oldest\t'Least recently changed first, by index'
dead-since\t'Most recently dead-lettered first; slow, reads every dead letter that matches'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l limit -d 'Limit to N dead letters [default: 50; ndjson and csv: all]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l after -d 'Continue after this cursor, as printed by the page before' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l ids-file -d 'Read job ids from this file, one per line; - for stdin' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l kind -d 'Only jobs of this kind; may be repeated' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l workspace -d 'Only jobs of this workspace' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l error -d 'Only jobs whose error contains this text, ignoring case' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l group -d 'Only jobs of this group, as listed by `dlq groups`' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l since -d 'Only jobs dead since this duration ago (2h) or time (2026-01-31T04:00:00Z)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l until -d 'Only jobs dead since before this duration ago or time' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l max -d 'Limit to N jobs, most recently dead-lettered first' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l plan -d 'Apply a plan of an earlier --dry-run, if its jobs are unchanged' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l resume -d 'Resume an interrupted requeue with its canary and rate settings; no job is requeued twice' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l ramp -d 'Batch sizes of the canary [default: 1,5,25,all]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l canary-timeout -d 'Stop if a batch has no outcome after this long [default: 5m, longer behind a backlog]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l stop-at -d 'Stop if more than this share of a batch fails again [default: 20%]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l rate -d 'Requeue at most N jobs per second (20/s), minute (20/m) or hour (20/h)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l spread -d 'Spread the run times of the jobs over this duration' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l pause-above -d 'Pause while more than N jobs are due' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l wait -d 'Follow for at most this long [default: 30m, plus --spread]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l confirm -d 'Repeat the name of the protected context' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l reason -d 'Reason, recorded with the operation; required in protected contexts and above 50 jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l lock-wait -d 'Wait this long for rows locked by other sessions' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l all -d 'Select every dead letter; required without a filter'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l ignore-changes -d 'Apply the plan although other jobs match its filter now'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l skip-ineligible -d 'Skip ids that are not dead letters, instead of refusing all'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l include-repeat-failures -d 'Include jobs that failed again with the same cause after two requeues'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l canary -d 'Requeue 1 job per group first, then larger batches; stop if a batch fails again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l follow -d 'Follow the jobs until they have finished or failed again'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l dry-run -d 'Show the plan and write nothing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s y -l yes -d 'Skip the confirmation prompt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from requeue" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l wait -d 'Follow for at most this long' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from follow" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l confirm -d 'Repeat the name of the protected context' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l reason -d 'Reason, recorded with the operation; required in protected contexts and above 50 jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l lock-wait -d 'Wait this long for rows locked by other sessions' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l dry-run -d 'Show the plan and write nothing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s y -l yes -d 'Skip the confirmation prompt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from undo" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l limit -d 'Limit to N operations, newest first' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from ops" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "groups" -d 'Group dead letters by cause, and show which groups are still failing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "list" -d 'List dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a dead letter: error, cause, advice, earlier requeues and events'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "requeue" -d 'Requeue dead letters: show the plan, confirm, write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "follow" -d 'Follow a requeue until each of its jobs has an outcome'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "undo" -d 'Undo a requeue: return jobs that no worker has claimed since to dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "ops" -d 'List recent operations with operator, reason, jobs and outcome'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand dlq; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "audit" -d 'Find where declared, granted and observed access disagree'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "matrix" -d 'Show table × role × command: declared, predicted, observed'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "explain" -d 'Say why a role may or may not run a command on a table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "diff" -d 'Say what access appeared or vanished between two reports of `rls matrix` or `rls audit`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "contract" -d 'Write a contract from the present database, to review and commit'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "whocan" -d 'Show which rows a user can see and change, and through which memberships'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and not __fish_seen_subcommand_from audit matrix explain diff contract whocan help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l contract -d 'Hold access against this contract instead of the runbook\'s for jobs' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l schemas -d 'Examine these schemas [default: those that the API exposes, else public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l role -d 'Examine this role as well; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l probe-writes -d 'Try writes as well and roll them back: triggers run, sequences move; for a test database'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s y -l yes -d 'Go on with --probe-writes without asking'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from audit" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l contract -d 'Hold access against this contract instead of the runbook\'s for jobs' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l schemas -d 'Examine these schemas [default: those that the API exposes, else public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l role -d 'Examine this role as well; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from matrix" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l contract -d 'Hold access against this contract instead of the runbook\'s for jobs' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l schemas -d 'Examine these schemas [default: those that the API exposes, else public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l role -d 'Examine this role as well; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l contract -d 'Hold access against this contract instead of the runbook\'s for jobs' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l schemas -d 'Examine these schemas [default: those that the API exposes, else public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l role -d 'Examine this role as well; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from contract" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l as -d 'Act as this role' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l contract -d 'Hold access against this contract instead of the runbook\'s for jobs' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l schemas -d 'Examine these schemas [default: those that the API exposes, else public]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l role -d 'Examine this role as well; may be given more than once' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from whocan" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "audit" -d 'Find where declared, granted and observed access disagree'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "matrix" -d 'Show table × role × command: declared, predicted, observed'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say why a role may or may not run a command on a table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Say what access appeared or vanished between two reports of `rls matrix` or `rls audit`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "contract" -d 'Write a contract from the present database, to review and commit'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "whocan" -d 'Show which rows a user can see and change, and through which memberships'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand rls; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -f -a "check" -d 'Hold template and values against the schema in the TypeScript source'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -f -a "explain" -d 'Explain one key: its rule, where it is declared, which source wins'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and not __fish_seen_subcommand_from check explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l schema -d 'The TypeScript file with the schema; repeatable [default: packages/shared/src/env.ts or another usual place]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l schema-name -d 'The schema\'s name in that file [default: EnvSchema, else the only one]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l template -d 'The template [default: .env.example]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l values -d 'Judge the values of these files, `-` for standard input; later ones win' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l code -d 'Hold the TypeScript and JavaScript below this directory against the schema: undeclared, unused' -r -f -a "(__fish_complete_directories)"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l profile -d 'What this profile of cliplyctl.toml needs must be set, too' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l fail-on -d 'The lowest verdict that fails; UNKNOWN always does' -r -f -a "warning\t'Fail on warnings and worse'
critical\t'Fail on criticals and unknowns alone'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l process -d 'Judge this process\'s own environment, which wins over files'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l strict -d 'Commented keys count as missing; what is a warning about the template is critical'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l fix -d 'Insert the keys that the template lacks, with their descriptions; shows the diff and asks'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s y -l yes -d 'Go on with --fix without asking'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l schema -d 'The TypeScript file with the schema; repeatable [default: packages/shared/src/env.ts or another usual place]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l schema-name -d 'The schema\'s name in that file [default: EnvSchema, else the only one]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l template -d 'The template [default: .env.example]' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l values -d 'Judge the values of these files, `-` for standard input; later ones win' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l process -d 'Judge this process\'s own environment, which wins over files'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from help" -f -a "check" -d 'Hold template and values against the schema in the TypeScript source'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain one key: its rule, where it is declared, which source wins'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand env; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "show" -d 'Show every setting and where it came from'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "check" -d 'Check that the settings are complete and that the database answers'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "init" -d 'Write a commented cliplyctl.toml from the current settings, without secrets'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "grants" -d 'Print the GRANT statements for three roles: read, audit and write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and not __fish_seen_subcommand_from show check init grants help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l declare -d 'Print a declaration of this table to paste into the configuration' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from init" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from grants" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show every setting and where it came from'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check that the settings are complete and that the database answers'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a commented cliplyctl.toml from the current settings, without secrets'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "grants" -d 'Print the GRANT statements for three roles: read, audit and write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l scenario -d 'What is to be wrong' -r -f -a "incident\t'a bad deploy, an expired token, a silent worker, a backlog, a policy mistake, a drifted template'
healthy\t'nothing is wrong: everything exits 0'
app-down\t'nothing answers at the app\'s address, though workers go on (3.1)'
dead-letters\t'an expired TikTok token fills the dead letters; everything else is OK (3.4)'
silent-worker\t'the only worker has gone silent with jobs in its hands (3.3)'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l fix -d 'Deploy a fix to the demo that is running: its workers no longer fail at this kind of job' -r -f -a "CLIP_RENDER\t''
PUBLISH_TIKTOK\t''"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l exec -d 'Run one command against it and end with its exit code: --exec "dlq list"' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l list-scenarios -d 'List the scenarios'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand demo" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "show" -d 'Show a job: what its state means, errors, payload and events'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "list" -d 'List jobs of one state: due, running, stuck, failed, ...'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "rescue" -d 'Rescue stuck jobs: requeue them, or dead-letter them after the last attempt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and not __fish_seen_subcommand_from show list rescue help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l state -d 'State of the jobs' -r -f -a "due\t''
scheduled\t''
running\t''
stuck\t''
failed\t''
finished\t''
dead\t''
canceled\t''
unknown\t''"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l kind -d 'Only this kind' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l limit -d 'Limit to N jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l stuck-after -d 'Heartbeat age from which a job is stuck [default: the setting stuck_after, 10m]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l confirm -d 'Repeat the name of the protected context' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l reason -d 'Reason, recorded with the operation; required in protected contexts and above 50 jobs' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l lock-wait -d 'Wait this long for rows locked by other sessions' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l dry-run -d 'Show the plan and write nothing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s y -l yes -d 'Skip the confirmation prompt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from rescue" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a job: what its state means, errors, payload and events'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "list" -d 'List jobs of one state: due, running, stuck, failed, ...'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "rescue" -d 'Rescue stuck jobs: requeue them, or dead-letter them after the last attempt'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand runbook" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand schema" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand completions" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s c -l context -d 'Take everything from this context of cliplyctl.toml; several (a,b) side by side, to judge' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l config -d 'Read this configuration file instead of the usual ones' -r -F
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l base-url -d 'Base URL of the app (env: CLIPLY_BASE_URL)' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l database-url -d 'Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l timeout -d 'Longest time for the whole command [default: 10s]' -r -f
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s o -l output -d 'How to write the report [default: table; handoff: markdown]' -r -f -a "table\t'For people'
json\t'For scripts: one JSON document (`cliplyctl schema` describes it)'
github\t'For GitHub\'s runners: one annotation a finding'
ndjson\t'For pipes: one JSON object a line'
csv\t'For spreadsheets: RFC 4180, written while it is read'
short\t'For a chat: one line to paste'
markdown\t'For tickets and pull requests'
nagios\t'For Nagios, Icinga and their kin: a status line with performance data'
junit\t'For CI servers: one test case a check'
prometheus\t'For node_exporter\'s textfile collector'
sarif\t'For code scanning: SARIF 2.1.0'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l color -d 'When to colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also when piped'
never\t'Never'"
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -l all-contexts -d 'Judge every context of cliplyctl.toml, side by side'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand man" -s V -l version -d 'Print version'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "triage" -d 'Walk the runbook: what is wrong, which section applies, what to type next'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "handoff" -d 'Write everything that the next person needs into one text that is safe to paste'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "watch" -d 'Look at everything again and again, on a live screen; acts on nothing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "record" -d 'Keep a snapshot of everything for the history'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "history" -d 'Show how it was, and say when it started'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "health" -d 'Is the app up? Ask /api/healthz'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "ready" -d 'Is it ready? Ask /api/readyz'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "queue" -d 'What is waiting, in progress, stuck and dead? Ask the database'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "dlq" -d 'Work with dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "rls" -d 'Prove who can do what, against a declared contract'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "env" -d 'Is the environment complete? Ask the schema, the template and the values'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "config" -d 'Show and check the settings in force'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "demo" -d 'Start a private database, app and workers with an incident to try everything on'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "jobs" -d 'Look at single jobs'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "runbook" -d 'Print the runbook, or one section or check of it'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "schema" -d 'Print the JSON Schema of every report'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "man" -d 'Print the manual page (roff) of the tool or of one command'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and not __fish_seen_subcommand_from triage handoff watch record history health ready queue dlq rls env config demo jobs runbook schema completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "groups" -d 'Group dead letters by cause, and show which groups are still failing'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "list" -d 'List dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "show" -d 'Show a dead letter: error, cause, advice, earlier requeues and events'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "requeue" -d 'Requeue dead letters: show the plan, confirm, write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "follow" -d 'Follow a requeue until each of its jobs has an outcome'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "undo" -d 'Undo a requeue: return jobs that no worker has claimed since to dead letters'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from dlq" -f -a "ops" -d 'List recent operations with operator, reason, jobs and outcome'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "audit" -d 'Find where declared, granted and observed access disagree'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "matrix" -d 'Show table × role × command: declared, predicted, observed'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "explain" -d 'Say why a role may or may not run a command on a table'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "diff" -d 'Say what access appeared or vanished between two reports of `rls matrix` or `rls audit`'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "contract" -d 'Write a contract from the present database, to review and commit'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from rls" -f -a "whocan" -d 'Show which rows a user can see and change, and through which memberships'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from env" -f -a "check" -d 'Hold template and values against the schema in the TypeScript source'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from env" -f -a "explain" -d 'Explain one key: its rule, where it is declared, which source wins'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show every setting and where it came from'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check that the settings are complete and that the database answers'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "init" -d 'Write a commented cliplyctl.toml from the current settings, without secrets'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "grants" -d 'Print the GRANT statements for three roles: read, audit and write'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "show" -d 'Show a job: what its state means, errors, payload and events'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "list" -d 'List jobs of one state: due, running, stuck, failed, ...'
complete -c cliplyctl -n "__fish_cliplyctl_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "rescue" -d 'Rescue stuck jobs: requeue them, or dead-letter them after the last attempt'
complete -c cliplyctl -f
