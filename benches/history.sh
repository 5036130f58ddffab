#!/bin/sh
# `history --since 24h` over 1,000,000 snapshots of 30 days: one every 2.6 s.
#
#   benches/history.sh [SNAPSHOTS]
#
# Needs a release build (cargo build --release) and python3 with sqlite3, which fills the store. Prints
# median wall milliseconds and peak memory; the store is made once, below target/.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
snapshots=${1:-1000000} runs=${RUNS:-11}
tool=target/release/cliplyctl
url=postgres://bench@127.0.0.1:1/app
export XDG_STATE_HOME="$PWD/target/bench-history-$snapshots"
store=$XDG_STATE_HOME/cliplyctl/history.db

if [ ! -e "$store.filled" ]; then
    rm -rf "$XDG_STATE_HOME"
    "$tool" record --database-url "$url" >/dev/null
    python3 - "$store" "$snapshots" <<'PY'
import json, sqlite3, sys, time
store, count = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(store)
place = db.execute("select id from places").fetchone()[0]
db.execute("delete from details")
db.execute("delete from snapshots")
now = int(time.time() * 1000)
step = 30 * 86_400_000 / count
detail = json.dumps({"steps": [{"question": "queue?", "verdict": "critical", "reading": "the oldest waits " * 8}] * 5,
                     "kinds": [{"kind": "CLIP_RENDER", "due": 1, "oldest_due": 2.0, "in_progress": 3, "dead": 4}] * 7,
                     "causes": []})
# An incident of the last 43 minutes, and a warning that comes and goes.
def bad(at):
    if at > now - 43 * 60_000:
        return "queue.oldest_due:2 queue.backlog:2 ready.worker:2", 2
    return ("dlq.size:1", 1) if at // 3_600_000 % 5 == 0 else ("", 0)
def rows():
    for n in range(count):
        at = int(now - 30 * 86_400_000 + n * step)
        checks, verdict = bad(at)
        yield (n + 2, place, at, 20, verdict, "3.3" if verdict else None, checks, 0,
               n % 300, n % 900, 6, 7, 0, 1, 120 + n % 40, n % 12, 30.5, 8, 2.5)
db.executemany("insert into snapshots values (%s)" % ",".join("?" * 19), rows())
db.executemany("insert into details values (?, ?)", ((n + 2, detail) for n in range(count)))
db.commit()
PY
    touch "$store.filled"
fi

# bench NAME ARGS...
bench() {
    name=$1
    shift
    "$tool" history "$@" --database-url "$url" >/dev/null
    times=$(for _ in $(seq "$runs"); do ms "$tool" history "$@" --database-url "$url"; done | median)
    peak=$(peak "$tool" history "$@" --database-url "$url")
    awk -v n="$name" -v t="$times" -v p="$peak" \
        'BEGIN { printf "%-28s %8.1f ms   peak %.1f MB\n", n, t, p / 1024 }'
}
du -h "$store" | awk '{ print "store: " $1 }'
bench "history --since 24h" --since 24h
bench "history --since 24h -o json" --since 24h -o json
bench "history --since 24h --html" --since 24h --html "$XDG_STATE_HOME/page.html"
bench "history --since 7d" --since 7d
