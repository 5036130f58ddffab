# What the scripts share; POSIX sh. Sourced, never run.

say() { printf '%s\n' "$*" >&2; }

# Oldest version of Rust that builds this package: `rust-version` in Cargo.toml.
rust_version() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

# Checks that Rust is installed and new enough. It is not installed here: how to install it is the choice of the user.
need_rust() {
    required=$(rust_version)
    command -v cargo >/dev/null 2>&1 || { [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"; }
    if ! command -v cargo >/dev/null 2>&1; then
        say "error: Rust is not installed: cargo is not on PATH"
        say "hint: install Rust $required or newer: https://rustup.rs"
        exit 1
    fi
    found=$(rustc --version | awk '{ print $2 }')
    oldest=$(printf '%s\n%s\n' "$required" "${found%%-*}" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)
    if [ "$oldest" != "$required" ]; then
        say "error: Rust $found is too old: $required or newer is required"
        say "hint: rustup update stable"
        exit 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        say "error: installing needs root, and there is no sudo"
        say "hint: as root, run: $*"
        exit 1
    fi
}

# install_package DEBIAN-PACKAGE BREW-FORMULA
install_package() {
    if command -v apt-get >/dev/null 2>&1; then
        say "installing $1"
        # A broken package source does not matter if the package can be installed.
        [ -n "${APT_UPDATED:-}" ] || as_root apt-get -q update >&2 || say "warning: apt-get update failed"
        APT_UPDATED=1
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$1" >&2
    elif command -v brew >/dev/null 2>&1; then
        say "installing $2"
        brew install "$2" >&2
    else
        say "error: cannot install $1: neither apt-get nor brew is available"
        say "hint: install it with the package manager of this machine, then run this again"
        exit 1
    fi
}

# The directory of the server's programs, as the tests look for it.
postgres_bin() {
    [ -z "${CLIPLYCTL_PG_BIN:-}" ] || { echo "$CLIPLYCTL_PG_BIN"; return; }
    # The newest of the usual places, unless it is on PATH.
    initdb=$(command -v initdb) || initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb \
        /opt/homebrew/opt/postgresql*/bin/initdb /usr/local/opt/postgresql*/bin/initdb \
        /home/linuxbrew/.linuxbrew/opt/postgresql*/bin/initdb 2>/dev/null | sort -V | tail -1)
    [ -n "$initdb" ] && dirname "$initdb"
}

has_postgres() { postgres_bin >/dev/null; }

# The server's programs alone; the tests and the demo start servers of their own. Without
# create_main_cluster Debian would also start one as a service; the file goes again, so that a
# later installation does what its owner expects.
need_postgres() {
    has_postgres && return
    settings=/etc/postgresql-common/createcluster.d
    if command -v apt-get >/dev/null 2>&1; then
        as_root mkdir -p "$settings"
        echo 'create_main_cluster = false' | as_root tee "$settings/cliplyctl.conf" >/dev/null
    fi
    install_package postgresql postgresql@17
    [ ! -e "$settings/cliplyctl.conf" ] || as_root rm "$settings/cliplyctl.conf"
    has_postgres || { say "error: PostgreSQL was installed, but initdb is not where it is looked for"; exit 1; }
}

# The pooler of the tests on pooled connections.
need_pgbouncer() {
    command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || install_package pgbouncer pgbouncer
}

# ps and kill, with which the tests look at processes: a minimal Debian has neither.
need_procps() {
    command -v ps >/dev/null 2>&1 || install_package procps procps
}

# The shells whose completion is tested.
need_shells() {
    for shell in bash zsh fish; do
        command -v "$shell" >/dev/null 2>&1 || install_package "$shell" "$shell"
    done
}

# A C compiler with the C library's headers: the TLS library builds a little C, and Rust links with
# it. Debian's gcc only recommends the headers; a bare macOS has a cc that only asks to be installed.
need_cc() {
    has_cc && return
    if [ "$(uname -s)" = Darwin ]; then
        say "error: there is no C compiler"
        say "hint: run: xcode-select --install"
        exit 1
    fi
    install_package gcc gcc
    has_cc || install_package libc6-dev gcc
}

# need_musl TRIPLE: what links static binaries. On a Mac the target is its own, and this does nothing.
need_musl() {
    case $1 in *-musl) ;; *) return ;; esac
    command -v musl-gcc >/dev/null 2>&1 || install_package musl-tools musl-cross
    [ -d "$(rustc --print sysroot)/lib/rustlib/$1" ] || rustup target add "$1" >&2
}

has_cc() {
    echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1
}

# Node 20.11 or newer (import.meta.filename) with npm, for queues that run in it. It is only checked for: how to
# install it is the choice of the user.
need_node() {
    new_enough='const [major, minor] = process.versions.node.split("."); process.exit(+(major * 100 + +minor < 2011))'
    command -v npm >/dev/null 2>&1 && node -e "$new_enough" 2>/dev/null && return
    say "error: node 20.11 or newer and npm are needed"
    exit 1
}

need_python() {
    python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && return
    say "error: python3 3.10 or newer with venv is needed"
    exit 1
}
