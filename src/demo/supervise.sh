# Runs one private PostgreSQL server and leaves nothing behind.
#
#   sh -c SCRIPT name BIN_DIR TEMP_DIR [-c name=value]...
#
# Prints the directory it made, then "ready"; or what went wrong. Standard input is a pipe that
# nobody writes to: it closes when the process that started us ends, kill -9 included, and then the
# server is stopped and its directory removed. Everything that needs removing is made in here, so
# that there is no moment in which a killed parent leaves an orphan.

trap '' PIPE # the reader may be dead already; its directory is to be removed all the same
exec 2>&1
umask 077
bin=$1
dir=$(mktemp -d "$2/cliplyctl-pg.XXXXXX") || exit 1
shift 2
pid=

clean() {
    trap '' HUP INT TERM
    [ -z "$pid" ] || stop
    rm -rf "$dir"
}

# QUIT is an immediate shutdown: nothing in here is worth a checkpoint.
stop() {
    kill -QUIT "$pid" 2>/dev/null
    tries=0
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -ne 500 ] || kill -KILL "$pid" 2>/dev/null
        sleep 0.02
    done
}

fail() {
    tail -n 20 "$dir/log"
    exit 1
}

trap clean EXIT
trap 'exit 1' HUP INT TERM
printf '%s\n' "$dir"

"$bin/initdb" --no-sync -A trust -U postgres --locale=C --encoding=UTF8 -D "$dir/data" \
    </dev/null >"$dir/log" 2>&1 || fail
"$bin/postgres" -D "$dir/data" -k "$dir" "$@" </dev/null >"$dir/log" 2>&1 &
pid=$!

# The server says in its pid file when it takes connections; pg_ctl waits for the same word.
tries=0
until grep -q ready "$dir/data/postmaster.pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 1500 ] || ! kill -0 "$pid" 2>/dev/null; then
        fail
    fi
    sleep 0.02
done
echo ready
exec >/dev/null 2>&1

while read -r _; do :; done
