#!/bin/sh
# `triage` against an app that answers in 200 ms and a database 20 ms away (a round trip): the whole
# command should take no longer than its slowest probe and 50 ms.
#
#   benches/triage.sh URL       URL: a database with the backend's schema, or an empty one of yours
#
# Needs python3 and a release build (cargo build --release), or TOOL=path. APP_MS, DB_MS and RUNS
# change the distances and the number of runs. Wall milliseconds, process start included.
set -eu
cd "$(dirname "$0")/.."
url=$1 tool=${TOOL:-target/release/cliplyctl}

exec python3 - "$url" "$tool" "${APP_MS:-200}" "${DB_MS:-20}" "${RUNS:-21}" <<'PYTHON'
import asyncio, json, os, statistics, subprocess, sys, time, urllib.parse

url, tool = sys.argv[1], os.path.abspath(sys.argv[2])
app, away, runs = float(sys.argv[3]) / 1e3, float(sys.argv[4]) / 1e3, int(sys.argv[5])
parts = urllib.parse.urlsplit(url)
query = dict(urllib.parse.parse_qsl(parts.query))
host, _, port = parts.netloc.rsplit("@", 1)[-1].partition(":")
host = query.get("host") or urllib.parse.unquote(host) or "/var/run/postgresql"
port = int(query.get("port") or port or 5432)
BODIES = {
    "/api/healthz": {"ok": True, "service": "api"},
    "/api/readyz": {"ok": True, "checks": {"db": {"ok": True}, "worker": {"ok": True}},
                    "queue": {"length": 0, "oldestJobAge": None}, "ffmpeg": {"ok": True}},
}


async def answer(reader, writer):
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
    await asyncio.sleep(app)
    body = json.dumps(BODIES[path]).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


async def carry(reader, writer):
    """Every piece half a round trip late; pieces overtake nobody and wait for nobody."""
    loop, pieces = asyncio.get_running_loop(), asyncio.Queue()

    async def deliver():
        while (piece := await pieces.get()) is not None:
            await asyncio.sleep(max(0, piece[0] - loop.time()))
            writer.write(piece[1])
        writer.close()

    task = asyncio.create_task(deliver())
    try:
        while data := await reader.read(65536):
            pieces.put_nowait((loop.time() + away / 2, data))
    except ConnectionError:
        pass
    pieces.put_nowait(None)
    await task


async def proxy(reader, writer):
    if host.startswith("/"):
        there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    else:
        there = await asyncio.open_connection(host, port)
    await asyncio.sleep(away)  # the handshake of TCP
    await asyncio.gather(carry(reader, there[1]), carry(there[0], writer))


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # connections cut at the end
    stub = await asyncio.start_server(answer, "127.0.0.1", 0)
    far = await asyncio.start_server(proxy, "127.0.0.1", 0)
    at = lambda server: "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    user = parts.username or query.get("user") or "postgres"
    database = f"postgresql://{user}@{at(far)}{parts.path}?sslmode=disable"
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": database,
           "CLIPLY_BASE_URL": "http://" + at(stub)}
    if parts.password:
        env["PGPASSWORD"] = parts.password
    walls, slowest = [], []
    for run in range(runs + 1):
        begin = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            tool, "triage", "-o", "json", env=env, cwd="/", stdout=subprocess.PIPE)
        text = (await process.communicate())[0]
        wall = (time.perf_counter() - begin) * 1e3
        report = json.loads(text)
        unread = [c["id"] for c in report["checks"] if c["status"] in ("unknown", "skipped")]
        assert not unread, f"not a measurement of the whole: {unread}"
        up = next(c for c in report["checks"] if c["id"] == "app.up")
        if run:  # the first one warms the caches
            walls.append(wall)
            slowest.append(up["observed"]["value"])
    wall, probe = statistics.median(walls), statistics.median(slowest)
    print(f"app {app * 1e3:.0f} ms, database {away * 1e3:.0f} ms away, {runs} runs, medians: "
          f"triage {wall:.0f} ms, its slowest probe {probe:.0f} ms, beyond it {wall - probe:.0f} ms "
          f"(worst run {max(walls):.0f} ms)")

asyncio.run(main())
PYTHON
