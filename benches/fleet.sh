#!/bin/sh
# A fleet of 20 contexts, of which 3 hang (their app and their database accept and say nothing):
# the whole should take no longer than the budget and 200 ms, the others' lines no longer than alone.
#
#   benches/fleet.sh URL        URL: a database with the backend's schema
#
# Needs python3 and a release build (cargo build --release), or TOOL=path. CONTEXTS, HANG, BUDGET (s)
# and RUNS change the fleet. Wall milliseconds, process start included.
set -eu
cd "$(dirname "$0")/.."
url=$1 tool=${TOOL:-target/release/cliplyctl}

exec python3 - "$url" "$tool" "${CONTEXTS:-20}" "${HANG:-3}" "${BUDGET:-2}" "${RUNS:-5}" <<'PYTHON'
import asyncio, json, os, statistics, subprocess, sys, tempfile, time

url, tool = sys.argv[1], os.path.abspath(sys.argv[2])
contexts, hang, budget, runs = (int(word) for word in sys.argv[3:7])
BODIES = {
    "/api/healthz": {"ok": True, "service": "api"},
    "/api/readyz": {"ok": True, "checks": {"db": {"ok": True}, "worker": {"ok": True}},
                    "queue": {"length": 0, "oldestJobAge": None}, "ffmpeg": {"ok": True}},
}


async def answer(reader, writer):
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
    body = json.dumps(BODIES[path]).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


async def say_nothing(reader, writer):
    await reader.read()


async def once(command, names, directory):
    begin = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        tool, *command.split(), "-c", names, "--timeout", f"{budget}s", "-o", "ndjson", cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": directory}, stdout=subprocess.PIPE)
    arrived, statuses = [], []
    while line := await process.stdout.readline():
        line = json.loads(line)
        if line["line"] == "head":
            arrived.append((time.perf_counter() - begin) * 1e3)
            statuses.append(line["status"])
    await process.wait()
    return (time.perf_counter() - begin) * 1e3, arrived, statuses


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # connections cut at the end
    stub = await asyncio.start_server(answer, "127.0.0.1", 0)
    mute = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = lambda server: server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as directory:
        urls = {"live": url, "dead": f"postgresql://x@127.0.0.1:{port(mute)}/x?sslmode=disable"}
        for name, text in urls.items():
            with open(f"{directory}/{name}.url", "w") as file:
                file.write(text)
            os.chmod(f"{directory}/{name}.url", 0o600)
        with open(f"{directory}/cliplyctl.toml", "w") as file:
            for n in range(contexts):
                kind, server = ("dead", mute) if n < hang else ("live", stub)
                file.write(f'[context.c{n}]\nbase_url = "http://127.0.0.1:{port(server)}"\n'
                           f'database_url_file = "{directory}/{kind}.url"\n')
        everybody = ",".join(f"c{n}" for n in range(contexts))
        living = ",".join(f"c{n}" for n in range(hang, contexts))
        for command in ["health", "queue", "triage", "rls audit"]:
            walls, others, alone = [], [], []
            for run in range(runs + 1):
                wall, arrived, statuses = await once(command, everybody, directory)
                assert len(arrived) == contexts and "error" not in statuses[:contexts - hang], statuses
                plain, _, _ = await once(command, living, directory)
                if run:  # the first one warms the caches
                    walls.append(wall - budget * 1e3)
                    others.append(arrived[contexts - hang - 1])
                    alone.append(plain)
            print(f"{command:10} {contexts} contexts, {hang} hang, budget {budget} s: beyond the budget median "
                  f"{statistics.median(walls):.0f} ms, worst {max(walls):.0f} ms; the last of the others after "
                  f"{statistics.median(others):.0f} ms, without those that hang {statistics.median(alone):.0f} ms")

asyncio.run(main())
PYTHON
