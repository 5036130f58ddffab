#!/bin/sh
# What `watch` costs the server: processor time of its sessions on 5,000,000 jobs at the default refresh.
#
#   benches/watch.sh URL [SECONDS]     URL: a database that benches/queue.sh has filled, on this machine
#
# Needs a release build. The server's processes are read from /proc, so that the time of sessions is seen,
# and of nobody else: pg_stat_activity names those of cliplyctl:watch.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
url=$1 seconds=${2:-60}
tool=target/release/cliplyctl
XDG_STATE_HOME=$(mktemp -d)
export XDG_STATE_HOME

# Ticks (user and system) of every session of ours.
ticks() {
    "$psql" -XAtq "$url" -c "select pid from pg_stat_activity where application_name = 'cliplyctl:watch'" |
        while read -r pid; do awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || :; done |
        awk '{ sum += $1 } END { print sum + 0 }'
}
"$psql" -XAtq "$url" -c "select 1" >/dev/null # a server that is not there costs nothing, and proves nothing
"$tool" watch --plain --database-url "$url" >/dev/null 2>&1 &
watcher=$!
trap 'kill $watcher 2>/dev/null || :; rm -rf "$XDG_STATE_HOME"' EXIT
sleep 8 # connecting and the first look are not the refresh
before=$(ticks)
sleep "$seconds"
after=$(ticks)
own=$(awk '{ print $14 + $15 }' "/proc/$watcher/stat")
memory=$(awk '/VmHWM/ { print $2 }' "/proc/$watcher/status")
looks=$(python3 -c 'import sys, sqlite3; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from snapshots").fetchone()[0])' \
    "$XDG_STATE_HOME/cliplyctl/history.db")
awk -v a="$before" -v b="$after" -v s="$seconds" -v o="$own" -v m="$memory" -v l="$looks" -v hz="$(getconf CLK_TCK)" \
    'BEGIN { printf "server: %.2f %% of one core over %d s   watch itself: %.2f %%, peak %.1f MB, %d snapshots kept\n",
             (b - a) / hz / s * 100, s, o / hz / (s + 8) * 100, m / 1024, l }'
