#!/bin/sh
# A user cannot see their jobs, or sees those of others: check the access of a role. Runbook 4.2.
#
#   TABLE=jobs ROLE=authenticated CMD=select docs/playbooks/access.sh [-c NAME]
#
# Exits as `rls audit`: 0 OK, 1 warning, 2 access differs from the contract, 3 unknown. Read-only.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it uses only exit codes.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }

step "Access compared with the contract"
"$tool" "$@" rls audit -o short
audit=$?
[ "$audit" -gt 3 ] && exit "$audit"

step "Access of ${ROLE:-authenticated}: ${CMD:-select} on ${TABLE:-jobs}"
"$tool" "$@" rls explain "${TABLE:-jobs}" "${ROLE:-authenticated}" "${CMD:-select}"

if [ "$audit" -ne 0 ]; then
    step "All findings, with suggested fixes"
    "$tool" "$@" rls audit
fi
exit "$audit"
