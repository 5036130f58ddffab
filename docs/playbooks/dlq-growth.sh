#!/bin/sh
# Dead letters grow: show them by cause, then requeue the largest group that is not acknowledged with a canary. Runbook 3.4.
#
#   docs/playbooks/dlq-growth.sh [-c NAME]              shows the plan; read-only
#   APPLY=1 REASON=TEXT docs/playbooks/dlq-growth.sh [-c NAME]   requeues the largest group with a canary
#
# WAIT is the timeout of each batch of the canary (default 5m). A protected context also needs CONFIRM=NAME.
# Exits with 0 if there is nothing to do, the plan was shown or all jobs finished, 2 if jobs failed again and
# the rest was not requeued, 75 if there was no outcome in time and the rest was not requeued, 3 if there was no
# outcome and no rest, otherwise as the command that failed.
# Needs a POSIX shell, awk and cliplyctl (or CLIPLYCTL=path); in the JSON it reads the id of a group.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "Dead letters by cause"
"$tool" "$@" dlq groups || exit $?
# The largest group that is not acknowledged: the cause of an acknowledged one is known not to be fixed.
groups=$("$tool" "$@" dlq groups -o json) || exit $?
group=$(printf '%s\n' "$groups" | awk -F '"' '
    $2 == "given_up" { exit } # failed jobs that dlq requeue does not write
    $2 == "group" { group = $4 }
    $2 == "acknowledged" && $3 ~ /null/ { print group; exit }')
if [ -z "$group" ]; then
    step "No dead letters, or all of them are acknowledged"
    exit 0
fi

step "Plan of a canary for group $group"
"$tool" "$@" dlq requeue --group "$group" --canary --dry-run
planned=$?
[ "$planned" -eq 0 ] || exit "$planned"
if [ "${APPLY:-0}" != 1 ]; then
    step "Nothing was written. After the fix: APPLY=1 REASON=TEXT $0 $*"
    exit 0
fi

step "Canary: 1 job, then larger batches"
"$tool" "$@" dlq requeue --group "$group" --canary --canary-timeout "${WAIT:-5m}" --yes \
    --reason "${REASON:-cause fixed}" ${CONFIRM:+--confirm "$CONFIRM"}
ended=$?
case $ended in
    0) step "All jobs finished" ;;
    2) step "Jobs failed again: the cause is not fixed, the remaining jobs were not requeued" ;;
    3 | 75) step "No outcome in time: check the queue before you requeue more" ;;
esac
exit "$ended"
