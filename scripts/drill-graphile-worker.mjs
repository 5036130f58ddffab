// One version of graphile-worker with real workers: figures of cliplyctl against the package's view and functions, then
// writes next to the workers. Run by scripts/drill-queues: node drill-graphile-worker.mjs DIR URL CLIPLYCTL, or with
// "worker" in front as a worker.

import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { drill, until } from './drill-lib.mjs'

const isWorker = process.argv[2] === 'worker'
const [dir, server, ctl] = process.argv.slice(isWorker ? 3 : 2)
const database = `graphile_${dir.replace(/\D+/g, '_')}`
const url = server.replace('/postgres?', `/${database}?`)
const { run, runMigrations, Logger } = await import(join(dir, 'node_modules/graphile-worker/dist/index.js'))
const { default: pg } = await import(join(dir, 'node_modules/pg/lib/index.js'))
const FIXED = join(dir, 'fixed'), RUNS = join(dir, 'runs')
const logger = new Logger(() => () => {})
const { cli, data, startWorker, runsOf, equal, checks } = drill({ script: import.meta.filename, dir, server, url, ctl })

/** Works jobs until it is killed; each start of a job is one line of RUNS. */
const worker = () => run({
  connectionString: url, concurrency: 8, pollInterval: 300, noHandleSignals: true, logger,
  taskList: {
    async mail(payload, { job }) {
      appendFileSync(RUNS, `${job.id}\n`)
      if (payload.what === 'hang' && payload.n === 1 && job.attempts === 1) await sleep(1e9)
      if (payload.what === 'flaky' && job.attempts === 1) throw new Error('not yet')
      if (payload.what === 'fail' && !existsSync(FIXED)) throw new Error(`mailbox ${payload.n} is full`)
    },
  },
})

async function main() {
  mkdirSync(join(dir, 'state'), { recursive: true })
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  await admin.query(`create database ${database}`)
  await admin.end()
  await runMigrations({ connectionString: url, logger })
  const db = new pg.Client({ connectionString: url })
  await db.connect()
  const rows = async (sql) => (await db.query(sql)).rows
  const count = async (condition) =>
    Number((await rows(`select count(*) n from graphile_worker.jobs t where ${condition}`))[0].n)
  const add = async (n, what, options = '') => (await rows(
    `select j.id from generate_series(1, ${n}) i, graphile_worker.add_job('mail',
       json_build_object('what', '${what}', 'n', i) ${options}) j`)).map((row) => row.id)
  const DEAD = 'locked_at is null and attempts >= max_attempts'
  /** Makes the dead letters an hour older: those of the last minutes are requeued only with a canary. */
  const age = () => rows(`update graphile_worker._private_jobs set run_at = run_at - interval '1 hour',
    updated_at = updated_at - interval '1 hour', created_at = created_at - interval '1 hour' where ${DEAD}`)

  /** Compares counts with the view that the package offers, and some dead letters with its rows. */
  async function compare(what) {
    const counts = await data(['queue'], [0, 1, 2])
    const n = (key) => counts[key].value
    equal(n('dead'), await count(DEAD), `${what}: dead letters`)
    equal(n('claimed'), await count('locked_at is not null'), `${what}: claimed`)
    equal(n('due') + n('scheduled') + n('failed') + n('blocked'),
      await count('locked_at is null and attempts < max_attempts'), `${what}: waiting`)
    const dead = await data(['dlq', 'list', '--limit', '20'])
    for (const job of dead.jobs) {
      const [own] = await rows(`select * from graphile_worker.jobs where id = ${job.id}`)
      equal([job.kind, job.error, job.attempts], [own.task_identifier, own.last_error, own.attempts], `${what}: ${job.id}`)
    }
  }

  await add(20, 'ok')
  await add(5, 'flaky')
  await add(3, 'ok', ", run_at => now() + interval '1 hour'")
  const failing = await add(200, 'fail', ', max_attempts => 1')
  const began = Date.now()
  let child = startWorker()
  await until('all failing jobs are dead', async () => await count(DEAD) === 200)
  await until('finished jobs are gone', async () => await count('true') === 203)
  equal(new Set(runsOf(failing)), new Set([1]), 'a failing job ran once')
  const ages = (await data(['dlq', 'list', '--limit', '200'])).jobs.map((job) => Date.parse(job.dead_since))
  const now = Date.now()
  equal(ages.filter((at) => at >= began - 1000 && at <= now + 1000).length, 200, 'the computed times are those of the failures')
  await compare('after the failures')

  // A worker is killed with a named queue: the jobs behind it are blocked, until a rescue frees the queue for real workers.
  const serial = await add(3, 'hang', ", queue_name => 'serial', max_attempts => 2")
  await until('a job hangs', async () => await count('locked_at is not null') === 1)
  await compare('while a job runs')
  child.kill('SIGKILL')
  const stuckAndBlocked = async () => {
    const counts = await data(['queue'], [0, 1, 2])
    return [counts.stuck.value, counts.blocked.value]
  }
  equal(await stuckAndBlocked(), [0, 2], 'jobs behind the dead worker are blocked, and not stuck for the package yet')
  await rows(`update graphile_worker._private_jobs set locked_at = locked_at - interval '4 hours' where locked_at is not null`)
  equal(await stuckAndBlocked(), [1, 2], 'stuck after 4 hours')
  const rescued = await data(['jobs', 'rescue', '--yes', '--reason', 'drill'])
  equal(rescued.outcome.written, 1, 'rescued')
  equal(await stuckAndBlocked(), [0, 0], 'the job and its queue are free')
  child = startWorker()
  await until('the queue is worked', async () => await count(`id in (${serial})`) === 0)
  child.kill('SIGKILL')
  equal(runsOf(serial), [2, 1, 1], 'the rescued job ran once more')

  const byHand = await add(3, 'ok', ", run_at => now() + interval '1 hour'")
  await rows(`select graphile_worker.permanently_fail_jobs(array[${byHand}]::bigint[], 'by hand')`)
  await compare('after permanently_fail_jobs')

  // An undo restores every row, and nothing ran.
  await age()
  const all = () => rows('select t::text from graphile_worker._private_jobs t order by id')
  const before = await all()
  const group = (await data(['dlq', 'list', '--limit', '1000'])).jobs.find((job) => job.id === failing[0]).group
  const requeue = ['dlq', 'requeue', '--group', group, '--yes', '--reason', 'drill']
  const requeued = await data(requeue)
  equal(requeued.outcome.written, 200, 'all were requeued')
  equal(await count(`attempts = 0 and run_at <= now() and id in (${failing})`), 200, 'as reschedule_jobs() does')
  await cli(['dlq', 'undo', requeued.outcome.operation, '--yes', '--reason', 'drill'])
  equal(await all(), before, 'the undo restored every row')

  // A canary stops while the cause is there: one job ran again.
  const starts = () => runsOf(failing).reduce((total, n) => total + n, 0)
  const startsBefore = starts()
  child = startWorker()
  await cli([...requeue, '--canary'], { codes: [2] })
  equal(starts(), startsBefore + 1, 'the canary ran one job once')
  child.kill('SIGKILL')

  // Next to workers: the tool is killed in between, and resumed.
  await age()
  const earlier = runsOf(failing)
  writeFileSync(FIXED, '')
  child = startWorker()
  const killed = await cli([...requeue, '--rate', '60/s'], { kill: 1500 })
  assert(/rq-\S+/.test(killed.stderr), `no operation: ${killed.code} ${killed.stdout}${killed.stderr}`)
  const operation = killed.stderr.match(/rq-\S+/)[0]
  const part = await count(`${DEAD} and id in (${failing})`)
  assert(part > 0 && part < 200, `the kill came in between: ${part} left`)
  await cli(['dlq', 'requeue', '--resume', operation, '--yes', '--reason', 'drill'])
  const followed = await cli(['dlq', 'follow', operation, '--wait', '60s'])
  assert(followed.stdout.includes('200 finished'), followed.stdout)
  equal(runsOf(failing), earlier.map((n) => n + 1), 'every job ran exactly once more')
  await compare('after the requeue')

  // A canary that completes, with jobs that are deleted when they have finished.
  const more = await add(8, 'fail', ", run_at => now() + interval '1 hour'")
  await rows(`select graphile_worker.permanently_fail_jobs(array[${more}]::bigint[], 'mailbox 7 is full')`)
  await age()
  await cli(['dlq', 'requeue', '--group', group, '--canary', '--yes', '--reason', 'drill'])
  await until('the canary has finished them', async () => await count(`id in (${more})`) === 0)
  equal(new Set(runsOf(more)), new Set([1]), 'each ran once')
  child.kill('SIGKILL')
  const [{ version }] = await rows('select max(id) as version from graphile_worker.migrations')
  await db.end()
  console.log(`graphile-worker migration ${version}: ${checks()} comparisons held`)
  process.exit(0)
}

await (isWorker ? worker() : main())
