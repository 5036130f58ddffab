#!/bin/sh
# The dead letters grow: what do they die of, and is the cause gone? From groups through a canary to a
# verdict. Runbook 3.4.
#
#   docs/playbooks/dlq-growth.sh [-c NAME]              shows the plan; reads only
#   APPLY=1 REASON=TEXT docs/playbooks/dlq-growth.sh [-c NAME]   requeues the largest group behind a canary
#
# WAIT is how long each step of the canary may take (default 5m). A protected context also wants
# CONFIRM=NAME. Ends with 0 when there is nothing to do, the plan was shown or all went through, 2 when jobs
# died again and the rest stayed dead, 3 when no outcome came in time, else as the command that failed.
# Needs a POSIX shell, sed and cliplyctl (or CLIPLYCTL=path); of JSON it reads `hash`, on a line of its own.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "what died of what?"
"$tool" "$@" dlq groups || exit $?
group=$("$tool" "$@" dlq groups -o json | sed -n 's/^ *"hash": "\([^"]*\)".*/\1/p' | sed -n 1p)
if [ -z "$group" ]; then
    step "nothing is dead"
    exit 0
fi

step "a canary through group $group: the plan"
"$tool" "$@" dlq requeue --group "$group" --canary --dry-run
planned=$?
[ "$planned" -eq 0 ] || exit "$planned"
if [ "${APPLY:-0}" != 1 ]; then
    step "nothing was written; once the cause is gone: APPLY=1 REASON=TEXT $0 $*"
    exit 0
fi

step "one job, and the others as long as they do well"
"$tool" "$@" dlq requeue --group "$group" --canary --canary-timeout "${WAIT:-5m}" --yes \
    --reason "${REASON:-the cause is mended}" ${CONFIRM:+--confirm "$CONFIRM"}
ended=$?
case $ended in
    0) step "all of them went through" ;;
    2) step "they died again: the cause is not gone, and what was left stays dead" ;;
    3) step "no outcome in time: look again before you requeue more" ;;
esac
exit "$ended"
