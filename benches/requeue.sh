#!/bin/sh
# `dlq requeue --all` beside psql doing it in one hand-written statement: 125,000 dead of 5,000,000 jobs.
#
#   benches/requeue.sh URL TEMPLATE     URL: a server of your own, superuser; TEMPLATE: a database on it
#                                       that benches/queue.sh has filled, with nobody connected
#
# Needs a release build (cargo build --release); TOOL names another binary. psql is the real binary. Each
# run has a fresh copy of the template and a checkpoint before it; fsync and the rest are the server's and
# printed. Prints rows a second, their ratio, the tool's peak memory, and how long its transactions were
# open (sampled every millisecond): no row is locked for longer. Targets: 0.8, 32 MB, p99 50 ms.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
url=$1 template=$2 runs=${RUNS:-3}
tool=${TOOL:-target/release/cliplyctl}
admin() { "$psql" -XAtq "$url" -v ON_ERROR_STOP=1 "$@"; }
copy="${url%/*}/requeue_bench"
copied() { "$psql" -XAtq "$copy" -v ON_ERROR_STOP=1 "$@"; }

state=$(mktemp -d)
ours=$(mktemp) theirs=$(mktemp) held=$(mktemp)
trap 'rm -rf "$state" "$ours" "$theirs" "$held" "$held.mb"' EXIT
admin -c "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings
           where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size')"

# What the worker's helper writes, and one event a job, in one transaction.
by_hand="with requeued as (
  update jobs set state = 'queued', attempts = 0, run_at = now(), locked_at = null, locked_by = null,
                  heartbeat_at = null, updated_at = now()
   where state = 'dead_letter' returning id)
insert into job_events (job_id, stage, data)
select id, 'enqueued', '{\"reason\": \"requeued_from_dead_letter\"}' from requeued"

# Notes how long each transaction of the tool was open, until it has gone.
watch="do \$\$
declare idle int := 0; began boolean := false;
begin
  while idle < 2000 loop
    perform pg_stat_clear_snapshot();
    insert into held select pid, xact_start, clock_timestamp() - xact_start from pg_stat_activity
     where application_name like 'cliplyctl%' and xact_start is not null and backend_xid is not null;
    if found then idle := 0; began := true; elsif began then idle := idle + 1; end if;
    perform pg_sleep(0.001);
  end loop;
end \$\$"

fresh() {
    admin -c "drop database if exists requeue_bench" -c "create database requeue_bench template \"$template\""
    admin -c checkpoint
}
seconds() { date +%s.%N; }

for _ in $(seq "$runs"); do
    fresh
    begin=$(seconds)
    copied -c "$by_hand"
    seconds | awk -v b="$begin" '{ print $1 - b }' >>"$theirs"
    dead=$(copied -c "select count(*) from job_events where data ->> 'reason' = 'requeued_from_dead_letter'")
    fresh
    copied -c "create unlogged table held (pid int, began timestamptz, age interval)"
    copied -c "$watch" &
    begin=$(seconds)
    XDG_STATE_HOME=$state /usr/bin/time -o "$held.mb" -f %M "$tool" dlq requeue --all --yes --reason bench \
        --timeout 10m --database-url "$copy" >/dev/null 2>&1
    seconds | awk -v b="$begin" '{ print $1 - b }' >>"$ours"
    wait
    copied -c "select extract(epoch from max(age)) * 1000 from held group by pid, began" >>"$held"
done
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
sort -n "$held" | awk -v d="$dead" -v o="$(median "$ours")" -v t="$(median "$theirs")" -v m="$(tail -1 "$held.mb")" '
    { v[NR] = $1 }
    END {
        printf "requeue %d: ours %.0f rows/s, psql %.0f rows/s, ours/psql %.2f, peak %.1f MB\n", d, d / o, d / t, t / o, m / 1024
        printf "transactions open: %d sampled, median %.1f ms, p99 %.1f ms, longest %.1f ms\n", NR, v[int((NR + 1) / 2)], v[int(NR * 0.99 + 0.5)], v[NR]
    }'
admin -c "drop database requeue_bench"
