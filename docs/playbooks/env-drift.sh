#!/bin/sh
# Before a deployment: compare template, code and values with the schema. Runbook 4.1.
#
#   docs/playbooks/env-drift.sh [FILE...]     in the source tree of the app; FILE: values to check (.env.production)
#
# Exits with the worst status: 0 OK, 1 warning, 2 drift, 3 unknown. Read-only; values are not shown.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it uses only exit codes.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }
worst=0
# CRITICAL > UNKNOWN > WARNING > OK; any other exit code ends the script.
combine() {
    [ "$1" -gt 3 ] && exit "$1"
    case $worst$1 in 2?) ;; ?2) worst=2 ;; 3?) ;; ?3) worst=3 ;; 1?) ;; *) worst=$1 ;; esac
}

step "Template compared with the schema"
"$tool" env check -o short
combine $?

step "Code compared with the schema"
"$tool" env check --code .
combine $?

if [ $# -gt 0 ]; then
    step "Values for the deployment"
    "$tool" env check --values "$@"
    combine $?
fi

[ "$worst" -eq 0 ] || { step "Runbook"; "$tool" runbook 4.1; }
exit "$worst"
