#!/bin/sh
# The app is not ready: find the unhealthy component and compare with the database. Runbook 3.2.
#
#   docs/playbooks/readyz-red.sh [-c NAME]
#
# Exits as `ready`: 0 OK, 1 warning, 2 critical, 3 unknown. Read-only.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it uses only exit codes.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "App"
"$tool" "$@" health -o short
up=$?
if [ "$up" -ge 2 ]; then
    step "The app does not answer: runbook"
    "$tool" "$@" runbook 3.1
    exit "$up"
fi

step "Readiness"
"$tool" "$@" ready -o short
ready=$?
[ "$ready" -eq 0 ] && exit 0
# Configuration and usage errors are not a status.
[ "$ready" -gt 3 ] && exit "$ready"

step "Components, as the app reports them"
"$tool" "$@" ready --admin

step "Queue in the database"
"$tool" "$@" queue -o short

step "Runbook"
"$tool" "$@" runbook 3.2
exit "$ready"
