#!/bin/sh
# Before a deploy: do template, code and what is deployed agree with the schema? Runbook 4.1.
#
#   docs/playbooks/env-drift.sh [FILE...]     in the app's source tree; FILE: values to judge (.env.production)
#
# Ends with the worst of it: 0 agree, 1 warning, 2 drift, 3 unknown. Reads only; no value is shown.
# Needs a POSIX shell and cliplyctl (or CLIPLYCTL=path); it goes by exit codes alone.
set -u
tool=${CLIPLYCTL:-cliplyctl}
step() { printf '\n== %s\n' "$*"; }
worst=0
# Critical beats unknown beats warning; what is no verdict ends it.
judge() {
    [ "$1" -gt 3 ] && exit "$1"
    case $worst$1 in 2?) ;; ?2) worst=2 ;; 3?) ;; ?3) worst=3 ;; 1?) ;; *) worst=$1 ;; esac
}

step "template against schema"
"$tool" env check -o short
judge $?

step "the code against the schema"
"$tool" env check --code .
judge $?

if [ $# -gt 0 ]; then
    step "the values that would be deployed"
    "$tool" env check --values "$@"
    judge $?
fi

[ "$worst" -eq 0 ] || { step "what to do"; "$tool" runbook 4.1; }
exit "$worst"
