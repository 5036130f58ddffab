#!/bin/sh
# "I cannot see my jobs", or "they see mine": who can do what, and why? Runbook 4.2.
#
#   TABLE=jobs ROLE=authenticated CMD=select docs/playbooks/access.sh [-c NAME]
#
# Ends as `rls audit` does: 0 as declared, 1 hygiene, 2 access differs, 3 unknown. Reads only.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it goes by exit codes alone.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "is access what was declared?"
"$tool" "$@" rls audit -o short
audit=$?
[ "$audit" -gt 3 ] && exit "$audit"

step "${ROLE:-authenticated} ${CMD:-select} on ${TABLE:-jobs}: may it, and why?"
"$tool" "$@" rls explain "${TABLE:-jobs}" "${ROLE:-authenticated}" "${CMD:-select}"

if [ "$audit" -ne 0 ]; then
    step "all of it, with the statements to review"
    "$tool" "$@" rls audit
fi
exit "$audit"
