#!/bin/sh
# readyz is red: is the app up, which part is sick, does the database agree? Runbook 3.2.
#
#   docs/playbooks/readyz-red.sh [-c NAME]
#
# Ends as `ready` does: 0 well, 1 warning, 2 critical, 3 unknown. Reads only.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it goes by exit codes alone.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "is the app up?"
"$tool" "$@" health -o short
up=$?
if [ "$up" -ge 2 ]; then
    step "it does not answer: what to do"
    "$tool" "$@" runbook 3.1
    exit "$up"
fi

step "is it ready?"
"$tool" "$@" ready -o short
ready=$?
[ "$ready" -eq 0 ] && exit 0
# Wrong settings and usage are no verdict.
[ "$ready" -gt 3 ] && exit "$ready"

step "which part, by the app's own word"
"$tool" "$@" ready --admin

step "does the database agree? The queue behind it"
"$tool" "$@" queue -o short

step "what to do"
"$tool" "$@" runbook 3.2
exit "$ready"
