#!/bin/sh
# `queue` and `dlq list` beside psql on 5,000,000 jobs: 125,000 dead, 50,000 waiting, 250 running.
#
#   benches/queue.sh URL [ROWS]     URL: an empty database on a server of your own, superuser
#
# Needs a release build (cargo build --release). psql is the real binary: Debian's /usr/bin/psql is
# a wrapper in Perl. Prints median wall milliseconds of interleaved runs, ratios and peak memory.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
url=$1 rows=${2:-5000000} runs=${RUNS:-11}
tool=target/release/cliplyctl

if [ "$("$psql" -XAtq "$url" -c "select to_regclass('public.jobs') is not null")" = f ]; then
    cat src/demo/backend/roles.sql src/demo/backend/workspaces.sql src/demo/backend/main.sql |
        "$psql" -Xq "$url" -v ON_ERROR_STOP=1 >/dev/null 2>&1
    "$psql" -Xq "$url" -v ON_ERROR_STOP=1 <<SQL
set synchronous_commit = off;
alter table jobs disable trigger all;
insert into jobs (workspace_id, kind, state, run_at, updated_at, last_error, error, locked_by, locked_at, heartbeat_at, attempts)
select '00000000-0000-4000-8000-000000000001',
       (array['TRANSCRIBE','HIGHLIGHT_DETECT','CLIP_RENDER','THUMBNAIL_GEN','YOUTUBE_DOWNLOAD','PUBLISH_YOUTUBE','PUBLISH_TIKTOK'])[1 + n % 7],
       s.state, now() - (n % 5000) * interval '1 second', now() - (n % 86400 * 7) * interval '1 second',
       case when s.state = 'dead_letter' then 'FFmpeg timed out after ' || n % 600 || 's' end,
       case when s.state = 'dead_letter' then jsonb_build_object('message', 'FFmpeg timed out after ' || n % 600 || 's') end,
       case when s.state = 'running' then 'worker-' || n % 8 end,
       case when s.state = 'running' then now() end, case when s.state = 'running' then now() end, 5
  from generate_series(1, $rows) n,
       lateral (select case when n % 40 = 0 then 'dead_letter' when n % 100 = 1 then 'queued'
                            when n % 20000 = 3 then 'running' else 'done' end as state) s;
alter table jobs enable trigger all;
vacuum analyze jobs;
SQL
fi

# pair NAME PSQL-STATEMENT TOOL-ARGS...
pair() {
    name=$1 sql=$2
    shift 2
    a=$(mktemp) b=$(mktemp)
    "$tool" "$@" --database-url "$url" >/dev/null 2>&1 || :
    for _ in $(seq "$runs"); do
        ms "$tool" "$@" --database-url "$url" >>"$a"
        ms "$psql" -XAtq "$url" -c "$sql" >>"$b"
    done
    ours=$(median <"$a") theirs=$(median <"$b")
    peak=$(peak "$tool" "$@" --database-url "$url")
    awk -v n="$name" -v o="$ours" -v t="$theirs" -v p="$peak" \
        'BEGIN { printf "%-34s ours %8.1f ms   psql %8.1f ms   psql/ours %5.1f   peak %.1f MB\n", n, o, t, t / o, p / 1024 }'
    rm -f "$a" "$b"
}

grouped="select state, kind, count(*) from jobs group by state, kind"
page="select id, kind, attempts, max_attempts, left(last_error, 200), updated_at from jobs where state = 'dead_letter' order by updated_at desc, id desc limit 51"
# A second run must not meet the indexes of the first.
for role in waiting in_progress failed dead; do
    "$psql" -Xq "$url" -c "drop index if exists jobs_${role}_cliplyctl" 2>/dev/null
done
pair "queue, indexes as migrated" "$grouped" queue
pair "dlq list" "$page" dlq list
"$tool" queue --advise --database-url "$url" | grep -i '^ *create index' | "$psql" -Xq "$url" >/dev/null
"$psql" -Xq "$url" -c "vacuum analyze jobs"
pair "queue, with the advised indexes" "$grouped" queue
