#!/bin/sh
# A backlog: find out whether the load, stuck jobs or failing jobs are the cause. Runbook 3.3.
#
#   docs/playbooks/backlog.sh [-c NAME]
#
# Exits as `queue`. Read-only: the rescue is only previewed.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it uses only exit codes.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "Due and stuck jobs"
"$tool" "$@" queue -o short
queue=$?
[ "$queue" -eq 0 ] && exit 0
[ "$queue" -gt 3 ] && exit "$queue"

step "Jobs by kind"
"$tool" "$@" queue

step "Stuck jobs: preview of a rescue"
"$tool" "$@" jobs rescue --dry-run

step "All checks"
"$tool" "$@" triage -o short

step "Runbook"
"$tool" "$@" runbook 3.3
exit "$queue"
