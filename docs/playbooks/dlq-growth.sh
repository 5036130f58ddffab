#!/bin/sh
# The dead letters grow: what do they die of, and is the cause gone? From groups through a sample of one to
# a verdict. Runbook 3.4.
#
#   docs/playbooks/dlq-growth.sh [-c NAME]              shows the plan; reads only
#   APPLY=1 REASON=TEXT docs/playbooks/dlq-growth.sh [-c NAME]   requeues one job of the largest group
#
# WAIT is how many seconds the sample has to run (default 30). A protected context also wants
# CONFIRM=NAME. Ends with 0 when there is nothing to do, the plan was shown or the sample lives, 2 when it
# died again, 3 when that is not known, else as the command that failed.
# Needs a POSIX shell, sed and cliplyctl (or CLIPLYCTL=path); of JSON it reads `hash` and `meaning`, each on a
# line of its own.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }
# first NAME: the first text of that name in the JSON on stdin.
first() { sed -n "s/^ *\"$1\": \"\\([^\"]*\\)\".*/\\1/p" | sed -n 1p; }

step "what died of what?"
"$tool" "$@" dlq groups || exit $?
group=$("$tool" "$@" dlq groups -o json | first hash)
if [ -z "$group" ]; then
    step "nothing is dead"
    exit 0
fi

step "a sample of one, the latest death of group $group: the plan"
"$tool" "$@" dlq requeue --group "$group" --max 1 --dry-run
planned=$?
[ "$planned" -eq 0 ] || exit "$planned"
if [ "${APPLY:-0}" != 1 ]; then
    step "nothing was written; once the cause is gone: APPLY=1 REASON=TEXT $0 $*"
    exit 0
fi

step "requeue it"
answer=$("$tool" "$@" dlq requeue --group "$group" --max 1 --yes --reason "${REASON:-a sample of one}" \
    ${CONFIRM:+--confirm "$CONFIRM"} -o json)
requeued=$?
[ "$requeued" -eq 0 ] || exit "$requeued"
job=$(printf '%s\n' "$answer" | first id)

step "what became of it?"
end=$(($(date +%s) + ${WAIT:-30}))
while :; do
    meaning=$("$tool" "$@" jobs show "$job" -o json | first meaning)
    case $meaning in
        finished) echo "job $job finished: requeue the others in steps"; exit 0 ;;
        dead) echo "job $job died again: the cause is not gone"; exit 2 ;;
    esac
    [ "$(date +%s)" -ge "$end" ] && break
    sleep 1
done
echo "job $job is ${meaning:-unknown} after ${WAIT:-30} s: look again before you requeue more"
exit 3
