#!/bin/sh
# `dlq list` and `dlq groups` beside psql on 300,000 dead letters of twelve causes, and as many other jobs.
#
#   benches/desk.sh URL [DEAD]     URL: an empty database on a server of your own, superuser
#
# Needs a release build (cargo build --release); TOOL names another binary. psql is the real binary. Prints median wall milliseconds of interleaved runs, the ratio and
# peak memory. Targets: the page no slower than psql, the groups at most 1.5 times \copy of the two
# columns that tell the cause, 64 MB.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
url=$1 dead=${2:-300000} runs=${RUNS:-11}
tool=${TOOL:-target/release/cliplyctl}
copied=$(mktemp) a=$(mktemp) b=$(mktemp)
trap 'rm -f "$copied" "$a" "$b"' EXIT

if [ "$("$psql" -XAtq "$url" -c "select to_regclass('public.jobs') is not null")" = f ]; then
    cat src/demo/backend/roles.sql src/demo/backend/workspaces.sql src/demo/backend/main.sql |
        "$psql" -Xq "$url" -v ON_ERROR_STOP=1 >/dev/null 2>&1
    "$psql" -Xq "$url" -v ON_ERROR_STOP=1 <<SQL
set synchronous_commit = off;
alter table jobs disable trigger all;
insert into jobs (workspace_id, kind, state, updated_at, attempts)
select '00000000-0000-4000-8000-000000000001', 'TRANSCRIBE', 'done', now() - n * interval '1 second', 0
  from generate_series(1, $dead) n;
insert into jobs (workspace_id, kind, state, updated_at, attempts, last_error, error)
select md5('w' || n % 500)::uuid,
       (array['CLIP_RENDER','TRANSCRIBE','PUBLISH_TIKTOK','YOUTUBE_DOWNLOAD'])[1 + n % 4],
       'dead_letter', died, 5, message,
       jsonb_build_object('message', message, 'attempts', 5, 'max_attempts', 5, 'failed_at',
         to_char(died at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'worker_id', 'worker-' || n % 8)
  from generate_series(1, $dead) n,
       lateral (select now() - n * interval '2 seconds' as died, (array[
         'FFmpeg timed out after ' || n % 600 || 's while rendering clip ' || n,
         'connect ECONNREFUSED 10.0.' || n % 250 || '.7:5432',
         'TikTok API 401: access token expired (log_id ' || md5(n::text) || ')',
         'ENOENT: no such object uploads/' || md5(n::text) || '.mp4',
         'Request failed with status code 429 (request id: ' || gen_random_uuid() || ')',
         'TypeError: Cannot read properties of undefined (reading ''url'')' || chr(10) || '    at run (/app/worker.js:' || n || ':7)',
         'duplicate key value violates unique constraint "clips_pkey"' || chr(10) || 'DETAIL: Key (id)=(' || gen_random_uuid() || ') already exists.',
         'ffmpeg exited with code 1: /tmp/' || md5(n::text) || '/in.mp4: Invalid data found when processing input',
         'ERROR: [youtube] ' || left(md5(n::text), 11) || ': Video unavailable',
         '14 UNAVAILABLE: No connection established to 10.1.' || n % 250 || '.' || n % 199 || ':443',
         'GET https://cdn.example.com/v1/clips/' || gen_random_uuid() || '/parts/' || n || ' failed with HTTP 503',
         'Deepgram: audio of ' || n || ' s is longer than the plan allows'])[1 + n % 12] as message) e;
insert into job_events (job_id, stage) select id, 'finished' from jobs where state = 'done';
alter table jobs enable trigger all;
vacuum analyze;
SQL
fi

# pair NAME PSQL-STATEMENT TOOL-ARGS...
pair() {
    name=$1 sql=$2
    shift 2
    : >"$a" && : >"$b"
    "$tool" "$@" --database-url "$url" >/dev/null
    "$psql" -XAtq "$url" -c "$sql" >/dev/null
    for _ in $(seq "$runs"); do
        ms "$tool" "$@" --database-url "$url" >>"$a"
        ms "$psql" -XAtq "$url" -c "$sql" >>"$b"
    done
    ours=$(median <"$a") theirs=$(median <"$b")
    peak=$(peak "$tool" "$@" --database-url "$url")
    awk -v n="$name" -v o="$ours" -v t="$theirs" -v p="$peak" \
        'BEGIN { printf "%-28s ours %8.1f ms   psql %8.1f ms   ours/psql %5.2f   peak %5.1f MB\n", n, o, t, o / t, p / 1024 }'
}

page="select id, kind, attempts, max_attempts, left(last_error, 200), updated_at from jobs where state = 'dead_letter' order by updated_at desc, id desc limit 51"
total="select count(*) from (select from jobs where state = 'dead_letter' limit 10001) as capped"
columns="select last_error, error from jobs where state = 'dead_letter'"
pair "dlq list, page alone" "$page" dlq list
pair "dlq list, page and total" "$page; $total" dlq list
pair "dlq groups" "\\copy ($columns) to '$copied'" dlq groups
pair "dlq list -o ndjson" "\\copy ($columns order by updated_at desc, id desc) to '$copied'" dlq list -o ndjson
