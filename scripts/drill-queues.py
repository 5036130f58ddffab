"""Procrastinate or Oban (Python) with real workers: figures of cliplyctl against the package's API, then writes next to
the workers. Run by scripts/drill-queues: python drill-queues.py PACKAGE DIR URL CLIPLYCTL, or with "worker" in front."""

import asyncio
import atexit
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

is_worker = sys.argv[1] == "worker"
package, dir_, server, ctl = sys.argv[2 if is_worker else 1:][:4]
dir_ = pathlib.Path(dir_)
database = "".join(c if c.isalnum() else "_" for c in dir_.name)
url = server.replace("/postgres?", f"/{database}?")
FIXED, RUNS = dir_ / "fixed", dir_ / "runs"


async def run_job(job_id, what):
    """What every job does; each start is one line of RUNS."""
    with RUNS.open("a") as runs:
        runs.write(f"{job_id}\n")
    once = dir_ / f"once-{job_id}"
    if what == "hang" or what == "hang once" and not once.exists():
        once.touch()
        await asyncio.sleep(1e9)
    if what == "fail" and not FIXED.exists():
        raise ValueError(f"mailbox {job_id} is full")


class Procrastinate:
    dead, ages = "failed", "update procrastinate_events set at = at - interval '1 hour'"

    def __init__(self):
        import procrastinate

        self.app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

        @self.app.task(name="drill.mail", pass_context=True)
        async def mail(context, what):
            await run_job(context.job.id, what)

        self.task = mail

    async def __aenter__(self):
        await self.app.open_async()
        return self

    async def __aexit__(self, *_):
        await self.app.close_async()

    async def install(self):
        await self.app.schema_manager.apply_schema_async()

    async def send(self, what, later=None):
        schedule = {"schedule_in": {"seconds": later}} if later else {}
        return await self.task.configure(**schedule).defer_async(what=what)

    async def work(self):
        await self.app.run_worker_async(concurrency=4, fetch_job_polling_interval=0.5, wait=True)

    async def states(self):
        jobs = await self.app.job_manager.list_jobs_async()
        return {job.id: job.status for job in jobs}


class Oban:
    dead, ages = "discarded", "update oban_jobs set discarded_at = discarded_at - interval '1 hour'"

    def __init__(self):
        import oban

        self.oban = oban

        @oban.worker(queue="default", max_attempts=1)
        class Mail:
            async def process(self, job):
                await run_job(job.id, job.args["what"])

        self.mail = Mail

    async def __aenter__(self):
        self.pool = await self.oban.Oban.create_pool(dsn=url)
        # It looks for stuck jobs every second instead of every minute; its limit stays that of 5 minutes.
        queues = {"default": 4} if is_worker else {}
        self.app = self.oban.Oban(pool=self.pool, queues=queues, lifeline={"interval": 1.0})
        return self

    async def __aexit__(self, *_):
        await self.pool.close()

    async def install(self):
        from oban.schema import install

        await install(self.pool)

    async def send(self, what, later=None):
        attempts = {"max_attempts": 3} if what == "hang once" else {}
        job = self.mail.new({"what": what}, **attempts, **({"schedule_in": later} if later else {}))
        return (await self.app.enqueue(job)).id

    async def work(self):
        async with self.app:
            await asyncio.sleep(1e9)

    async def states(self):
        async with self.pool.connection() as connection:
            rows = await (await connection.execute("select id from oban_jobs")).fetchall()
        jobs = [await self.app.get_job(row[0]) for row in rows]
        return {job.id: str(getattr(job.state, "value", job.state)) for job in jobs}


PACKAGE = {"procrastinate": Procrastinate, "oban": Oban}[package]
ROLES = {
    "todo": "due", "available": "due", "scheduled": "scheduled", "doing": "claimed", "executing": "claimed",
    "retryable": "failed", "failed": "dead", "discarded": "dead",
}
checks = 0


def equal(found, expected, what):
    global checks
    checks += 1
    assert found == expected, f"{what}: found {found}, expected {expected}"


def cli(*args, codes=(0,), kill=None):
    env = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(dir_ / "state"), "DATABASE_URL": url}
    child = subprocess.Popen([ctl, *args], env=env, cwd=dir_, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if kill:
        time.sleep(kill)
        child.kill()
    out, err = child.communicate()
    assert kill or child.returncode in codes, f"{args}: {child.returncode}\n{out}{err}"
    return out, err


def data(*args, codes=(0,)):
    return json.loads(cli(*args, "-o", "json", codes=codes)[0])["data"]


def start_worker():
    command = [sys.executable, __file__, "worker", package, str(dir_), server, ctl]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # It must not outlive the drill.
    atexit.register(worker.kill)
    return worker


def runs_of(ids):
    runs = RUNS.read_text().split() if RUNS.exists() else []
    return [runs.count(str(job)) for job in ids]


async def until(what, check, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if await check():
            return
        await asyncio.sleep(0.3)
    raise AssertionError(f"not reached: {what}")


async def compare(app, what):
    states = list((await app.states()).values())
    counts = data("queue", codes=(0, 1, 2))
    for role in ("claimed", "dead", "failed"):
        expected = sum(ROLES.get(state) == role for state in states)
        equal(counts[role]["value"], expected, f"{what}: {role}")
    waiting = sum(ROLES.get(state) in ("due", "scheduled") for state in states)
    equal(counts["due"]["value"] + counts["scheduled"]["value"], waiting, f"{what}: waiting")
    equal(data("dlq", "list", "--limit", "1000")["total"]["value"], states.count(app.dead), f"{what}: list")


async def execute(sql, where=url):
    import psycopg

    async with await psycopg.AsyncConnection.connect(where, autocommit=True) as connection:
        cursor = await connection.execute(sql)
        return await cursor.fetchall() if cursor.description else []


async def main():
    await execute(f'create database "{database}"', server)
    async with PACKAGE() as app:
        await app.install()
        ok = [await app.send("ok") for _ in range(20)]
        await app.send("ok", later=3600)
        failing = [await app.send("fail") for _ in range(200)]
        worker = start_worker()

        async def all_ran():
            states = list((await app.states()).values())
            return states.count(app.dead) == len(failing) and sum(runs_of(ok)) == len(ok)

        await until("all jobs ran", all_ran)
        hanging = await app.send("hang")

        async def hangs():
            return sum(runs_of([hanging])) == 1

        await until("a job hangs", hangs)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        await compare(app, "after a kill")

        # An undo restores every row, or is refused.
        await execute(app.ages)
        table = "procrastinate_jobs" if package == "procrastinate" else "oban_jobs"
        rows = f"select t::text from {table} t order by id"
        if package == "oban":
            before = await execute(rows)
            operation = data("dlq", "requeue", "--all", "--yes", "--reason", "drill")["outcome"]["operation"]
            cli("dlq", "undo", operation, "--yes", "--reason", "drill")
            equal(await execute(rows), before, "the undo restored every row")

        # A canary stops while the cause is there.
        worker = start_worker()
        cli("dlq", "requeue", "--all", "--canary", "--yes", "--reason", "drill", codes=(2,))
        equal(sum(runs_of(failing)), len(failing) + 1, "the canary ran one job once")

        # Next to workers: the tool is killed in between, and resumed.
        await execute(app.ages)
        earlier = runs_of(failing)
        FIXED.touch()
        _, err = cli("dlq", "requeue", "--all", "--rate", "60/s", "--yes", "--reason", "drill", kill=1.5)
        operation = next(word for word in err.split() if word.startswith("rq-"))
        left = list((await app.states()).values()).count(app.dead)
        assert 0 < left < len(failing), f"the kill came in between: {left} left"
        cli("dlq", "requeue", "--resume", operation, "--yes", "--reason", "drill")
        out, _ = cli("dlq", "follow", operation, "--wait", "60s")
        assert f"{len(failing)} finished" in out, out
        equal(runs_of(failing), [n + 1 for n in earlier], "every job ran exactly once more")
        await compare(app, "after the requeue")
        if package == "procrastinate":
            before = await execute(rows)
            _, err = cli("dlq", "undo", operation, "--yes", codes=(77,))
            assert "would record the undo as a cancellation" in err, err
            equal(await execute(rows), before, "the refused undo wrote nothing")
        else:
            worker = await rescue(app, worker)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    print(f"{package}: {checks} comparisons held")


async def rescue(app, worker):
    """A rescue frees the job of a killed worker before its limit, and leaves that of a live worker alone."""
    killed = await app.send("hang once")

    async def runs(job, n):
        return runs_of([job]) == [n]

    await until("a job hangs", lambda: runs(killed, 1))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker = start_worker()
    live = await app.send("hang")
    await until("another job runs", lambda: runs(live, 1))
    command = ("jobs", "rescue", "--stuck-after", "30s")

    async def results(expected):
        jobs = {job["id"]: job["result"] for job in data(*command, "--dry-run")["jobs"]}
        return [jobs.get(str(job)) for job in (killed, live)] == expected

    # The producer of the killed worker counts as active until its heartbeat is a minute old.
    await until("the heartbeat is recent", lambda: results(["worker_active", "worker_active"]))
    await until("the heartbeat is old", lambda: results(["claim_aged", "worker_active"]), 90)
    equal(runs_of([killed]), [1], "the package does not free it by itself yet")
    rescued = data(*command, "--yes", "--reason", "drill", codes=(75,))
    freed = [job["outcome"] for job in rescued["followed"]["jobs"] if job["id"] == str(killed)]
    assert freed and freed[0] in ("queued", "running", "finished"), rescued

    async def finished():
        return (await app.states())[killed] == "completed"

    await until("it runs again", finished)
    await asyncio.sleep(3)
    equal(runs_of([killed, live]), [2, 1], "the rescued job ran once more, the other one only once")
    equal((await app.states())[live], "executing", "the job of the live worker runs")
    return worker


async def worker_main():
    async with PACKAGE() as app:
        await app.work()


# The handlers of atexit run.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
asyncio.run(worker_main() if is_worker else main())
