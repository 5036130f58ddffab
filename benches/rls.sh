#!/bin/sh
# `rls audit`, the whole process with its probes, on 28 tables and 70 policies.
#
#   benches/rls.sh URL     URL: an empty database on a server of your own, superuser
#
# Needs a release build (cargo build --release); TOOL names another binary. Prints median wall milliseconds
# and peak memory: with the built-in contract, and with all 28 tables declared and probed.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
url=$1 runs=${RUNS:-21}
tool=${TOOL:-target/release/cliplyctl}
contract=$(mktemp)
trap 'rm -f "$contract"' EXIT

if [ "$("$psql" -XAtq "$url" -c "select to_regclass('public.jobs') is not null")" = f ]; then
    cat src/demo/backend/roles.sql src/demo/backend/workspaces.sql src/demo/backend/main.sql \
        src/demo/backend/access.sql src/demo/backend/posture.sql tests/fixtures/rls/wide.sql |
        "$psql" -Xq "$url" -v ON_ERROR_STOP=1 >/dev/null 2>&1
    "$psql" -Xq "$url" -v ON_ERROR_STOP=1 <<SQL
insert into jobs (workspace_id, kind)
select w.id, 'CLIP_RENDER' from workspaces w, generate_series(1, 1000);
vacuum analyze;
SQL
fi
"$psql" -XAtq "$url" -c "select count(*) || ' tables, ' || (select count(*) from pg_policy) || ' policies'
  from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"

# `rls contract` leaves out who belongs to which tenant: say it, so that rows of both sides are tried.
"$tool" rls contract --database-url "$url" | awk '
    /^\[tables\."public\.(jobs|feature_[0-9]+)"\]$/ { ruled = 1; print; print "tenant = \"workspace_id\""; next }
    /^\[tables\."[a-z_.0-9]+"\]$/ { ruled = 0 }
    ruled { sub(/select = "rows"/, "select = \"rows where member\"") }
    { print }
    END { print "[rules.member]\nmembership = \"public.workspace_members\"\nuser = \"user_id\"\ntenant = \"workspace_id\"" }
' >"$contract"

# measure NAME TOOL-ARGS...
measure() {
    name=$1
    shift
    code=0
    "$tool" "$@" --database-url "$url" >/dev/null || code=$?
    median=$(for _ in $(seq "$runs"); do ms "$tool" "$@" --database-url "$url"; done | median)
    peak=$(peak "$tool" "$@" --database-url "$url")
    awk -v n="$name" -v m="$median" -v p="$peak" -v c="$code" \
        'BEGIN { printf "%-34s %7.1f ms   peak %5.1f MB   exit %d\n", n, m, p / 1024, c }'
}
measure "rls audit, built-in contract" rls audit
measure "rls audit, all tables declared" rls audit --contract "$contract"
