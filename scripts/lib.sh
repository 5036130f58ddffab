# What the scripts share; POSIX sh. Sourced, never run.

say() { printf '%s\n' "$*" >&2; }

# Rust is only checked for: how it is installed is the owner's choice.
need_rust() {
    command -v cargo >/dev/null 2>&1 && return
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    command -v cargo >/dev/null 2>&1 && return
    say "error: cargo is not on PATH"
    say "hint: install Rust with rustup, then run this again"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install DEBIAN-PACKAGE BREW-FORMULA
install_package() {
    if command -v apt-get >/dev/null 2>&1; then
        say "installing $1"
        [ -n "${APT_UPDATED:-}" ] || as_root apt-get -q update >&2
        APT_UPDATED=1
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$1" >&2
    elif command -v brew >/dev/null 2>&1; then
        say "installing $2"
        brew install "$2" >&2
    else
        say "error: neither apt-get nor brew is here to install $1"
        say "hint: install it with this machine's package manager, then run this again"
        exit 1
    fi
}

has_postgres() {
    command -v initdb >/dev/null 2>&1 && return
    for initdb in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb \
        /opt/homebrew/opt/postgresql*/bin/initdb /usr/local/opt/postgresql*/bin/initdb; do
        [ -x "$initdb" ] && return
    done
    return 1
}

# The server's programs alone; the tests and the demo start servers of their own. Without
# create_main_cluster Debian would also start one as a service.
need_postgres() {
    has_postgres && return
    if command -v apt-get >/dev/null 2>&1; then
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' |
            as_root tee /etc/postgresql-common/createcluster.d/cliplyctl.conf >/dev/null
    fi
    install_package postgresql postgresql
    has_postgres || { say "error: PostgreSQL was installed, but initdb is not where it is looked for"; exit 1; }
}

# The pooler of the tests on pooled connections.
need_pgbouncer() {
    command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || install_package pgbouncer pgbouncer
}

# A C compiler: the TLS library builds a little C.
need_cc() {
    command -v cc >/dev/null 2>&1 || install_package gcc gcc
}
