#!/bin/sh
# `env check`, the whole process, beside the bare start of the interpreter that it replaces.
#
#   benches/env.sh [KEYS]     a schema of KEYS keys (default 60) and its template
#
# Needs a release build (cargo build --release) and node. Prints median wall milliseconds of
# interleaved runs, and their ratio.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
keys=${1:-60} runs=${RUNS:-31}
tool=$PWD/target/release/cliplyctl
command -v node >/dev/null || { echo "node is not installed: there is nothing to compare with" >&2; exit 69; }
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
mkdir -p "$project/packages/shared/src"
{
    echo "import { z } from 'zod';"
    echo "export const EnvSchema = z.object({"
    for n in $(seq "$keys"); do
        echo "  SERVICE_${n}_URL: z.string().url().describe('where service $n answers'),"
        echo "SERVICE_${n}_URL=https://service-$n.example" >>"$project/.env.example"
    done
    echo "});"
} >"$project/packages/shared/src/env.ts"
cd "$project"
"$tool" env check >/dev/null || { echo "env check does not pass here" >&2; exit 70; }

for _ in $(seq "$runs"); do
    ms "$tool" env check >>ours
    ms node -e 0 >>node
done
awk -v k="$keys" -v o="$(median <ours)" -v n="$(median <node)" \
    'BEGIN { printf "env check, %d keys   ours %.1f ms   node -e 0 %.1f ms   node/ours %.1f\n", k, o, n, n / o }'
