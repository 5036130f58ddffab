#!/bin/sh
# `env check --code` on a tree of sources.
#
#   benches/env-code.sh [FILES]     a tree of FILES sources (default 5000) of 1 to 12 KB, half of which read
#                                   the environment
#
# Needs a release build (cargo build --release), or TOOL=path. Prints median wall milliseconds and the
# peak of memory.
set -eu
cd "$(dirname "$0")/.."
. benches/common.sh
files=${1:-5000} runs=${RUNS:-11}
tool=$(realpath "${TOOL:-target/release/cliplyctl}")
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
mkdir -p "$project/packages/shared/src"
{
    echo "import { z } from 'zod';"
    echo "export const EnvSchema = z.object({"
    for n in $(seq 60); do
        echo "  SERVICE_${n}_URL: z.string(),"
        echo "SERVICE_${n}_URL=x" >>"$project/.env.example"
    done
    echo "});"
} >"$project/packages/shared/src/env.ts"
# One function of 240 bytes, many times over.
awk -v root="$project" -v files="$files" 'BEGIN {
    for (f = 0; f < files; f++) {
        folder = root "/src/part" int(f / 100)
        if (f % 100 == 0) system("mkdir -p " folder)
        path = folder "/file" f ".ts"
        if (f % 2 == 0) print "const url = process.env.SERVICE_" (f % 60 + 1) "_URL;" > path
        else print "import { other } from \"./env.js\"; const { SERVICE_" (f % 60 + 1) "_URL } = process.env;" > path
        for (n = 0; n < 4 + f % 46; n++)
            print "export async function handler" n "(request: Request, context: { id: string }): Promise<Response> {\n" \
                "  const body = await request.json();\n" \
                "  if (!body?.items?.length) throw new Error(`no items for ${context.id}`);\n" \
                "  return Response.json({ ok: true, count: body.items.map((x: number) => x * 2).length });\n}\n" > path
        close(path)
    }
}'
cd "$project"
echo "$(find src -name '*.ts' | wc -l) files, $(du -sk --apparent-size src | cut -f1) KB"
"$tool" env check --code . >/dev/null || { echo "env check does not pass here" >&2; exit 70; }
for _ in $(seq "$runs"); do ms "$tool" env check --code . >>ours; done
echo "env check --code   median $(median <ours) ms, peak $(peak "$tool" env check --code .) KiB"
