#!/bin/sh
# A backlog: is it load, a silent worker, or a job that blocks the others? Runbook 3.3.
#
#   docs/playbooks/backlog.sh [-c NAME]
#
# Ends as `queue` does. Reads only: what a rescue would do is shown, not done.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it goes by exit codes alone.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "what waits, what is stuck?"
"$tool" "$@" queue -o short
queue=$?
[ "$queue" -eq 0 ] && exit 0
[ "$queue" -gt 3 ] && exit "$queue"

step "by kind"
"$tool" "$@" queue

step "who has fallen silent, and what a rescue would take back"
"$tool" "$@" jobs rescue --dry-run

step "do attempts fail, is the server in the way? The whole checklist"
"$tool" "$@" triage -o short

step "what to do"
"$tool" "$@" runbook 3.3
exit "$queue"
