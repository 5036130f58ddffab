// One version of pg-boss with real workers: figures of cliplyctl against the package's API, then writes next to the
// workers. Run by scripts/drill-queues: node drill-queues.mjs DIR URL CLIPLYCTL, or with "worker" in front as a worker.

import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { drill, until } from './drill-lib.mjs'

const isWorker = process.argv[2] === 'worker'
const [dir, server, ctl] = process.argv.slice(isWorker ? 3 : 2)
const database = `boss_${dir.replace(/\D+/g, '_')}`
const url = server.replace('/postgres?', `/${database}?`)
const { PgBoss } = await import(join(dir, 'node_modules/pg-boss/dist/index.js'))
const FIXED = join(dir, 'fixed'), RUNS = join(dir, 'runs')
const QUEUES = ['mail', 'graveyard', 'slow', 'sync', 'long']
const { cli, data, startWorker, runsOf, equal, checks } = drill({ script: import.meta.filename, dir, server, url, ctl })

/** Works jobs until it is killed; each start of a job is one line of RUNS. */
async function worker() {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, max: 4 })
  boss.on('error', () => {})
  await boss.start()
  const options = { pollingIntervalSeconds: 0.5, batchSize: 20, perJobResults: false }
  const run = async ([job]) => {
    appendFileSync(RUNS, `${job.id}\n`)
    if (job.data.what === 'hang') await sleep(1e9)
    if (job.data.what === 'hang once' && !existsSync(join(dir, job.id))) {
      writeFileSync(join(dir, job.id), '')
      await sleep(1e9)
    }
    if (job.data.what === 'flaky' && !existsSync(join(dir, job.id))) {
      writeFileSync(join(dir, job.id), '')
      throw new Error('not yet')
    }
    if (job.data.what === 'fail' && !existsSync(FIXED)) throw new Error(`mailbox ${job.data.n} is full`)
  }
  // One job a time, so that the failure of one does not fail a batch; several workers share a queue.
  for (let n = 0; n < 8; n++) await boss.work('mail', { ...options, batchSize: 1 }, run)
  await boss.work('slow', { ...options, batchSize: 1 }, run)
  for (let n = 0; n < 2; n++) await boss.work('long', { ...options, batchSize: 1 }, run)
}

/** Makes the dead letters of `mail` an hour older: those of the last minutes are requeued only with a canary. */
const age = (db) => db.executeSql(`update pgboss.job set completed_on = completed_on - interval '1 hour'
  where name = 'mail' and state = 'failed'`)

/** Supervises the queues at once; the package itself does it once a minute. */
async function supervise(boss) {
  const columns = ['monitor_on', 'monitor_claim_on', 'maintain_on']
  const { rows } = await boss.getDb().executeSql(`select column_name from information_schema.columns
    where table_schema = 'pgboss' and table_name = 'queue' and column_name = any($1)`, [columns])
  const set = rows.map((row) => `${row.column_name} = null`).join(', ')
  await boss.getDb().executeSql(`update pgboss.queue set ${set}`)
  for (const name of QUEUES) await boss.supervise(name)
}

/** Compares the counts of `queue` with those of the package, summed over its queues. */
async function compare(boss, db, what) {
  // Once for jobs that have exceeded their limit, and once to count after that.
  await supervise(boss)
  await supervise(boss)
  const queues = await boss.getQueues(QUEUES)
  const sum = (key) => queues.reduce((total, queue) => total + queue[key], 0)
  const counts = await data(['queue'], [0, 1, 2])
  const n = (key) => counts[key].value
  const { rows: [{ copies }] } = await db.executeSql(
    `select count(*)::int as copies from pgboss.job c where state = 'created' and source_id is not null`)
  equal(n('dead'), sum('failedCount'), `${what}: dead letters are the failed jobs, each once`)
  equal(n('claimed'), sum('activeCount'), `${what}: claimed`)
  equal(n('due') + n('scheduled') + n('failed') + n('blocked') + copies, sum('queuedCount'), `${what}: queued`)
  // Newer versions only.
  if ('blockedCount' in queues[0]) equal(n('blocked'), sum('blockedCount'), `${what}: blocked`)
  const dead = await data(['dlq', 'list', '--limit', '1000'])
  for (const job of dead.jobs.slice(0, 20)) {
    const own = await boss.getJobById(job.kind, job.id)
    equal([own.state, own.output?.message ?? own.output?.value?.message], ['failed', job.error], `${what}: ${job.id}`)
    equal([job.attempts, job.max_attempts], [own.retryCount + 1, own.retryLimit + 1], `${what}: attempts`)
  }
}

async function main() {
  mkdirSync(join(dir, 'state'), { recursive: true })
  const { default: pg } = await import(join(dir, 'node_modules/pg/lib/index.js'))
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  await admin.query(`create database ${database}`)
  await admin.end()
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false })
  boss.on('error', (error) => console.error(error.message))
  await boss.start()
  const db = boss.getDb()
  await boss.createQueue('graveyard')
  await boss.createQueue('mail', { retryLimit: 1, retryDelay: 0, deadLetter: 'graveyard' })
  await boss.createQueue('slow', { retryLimit: 0, expireInSeconds: 4 })
  await boss.createQueue('long', { retryLimit: 2, retryDelay: 0 })
  await boss.createQueue('sync', { policy: 'exclusive', retryLimit: 0 })
  const send = (n, what, queue = 'mail', options = {}) =>
    Promise.all(Array.from({ length: n }, (_, i) => boss.send(queue, { what, n: i }, options)))
  await send(20, 'ok')
  await send(5, 'flaky')
  await send(3, 'ok', 'mail', { startAfter: 3600 })
  const failing = await send(200, 'fail')

  let child = startWorker()
  await until('all failing jobs are dead', async () =>
    (await db.executeSql(`select 1 from pgboss.job where state = 'failed' and name = 'mail'`)).rows.length === 200)
  await until('the others are completed', async () =>
    (await db.executeSql(`select 1 from pgboss.job where state = 'completed'`)).rows.length === 25)
  equal(new Set(runsOf(failing)), new Set([2]), 'a failing job ran twice')
  await send(2, 'hang', 'slow')
  await until('a job hangs', async () =>
    (await db.executeSql(`select 1 from pgboss.job where state = 'active'`)).rows.length >= 1)
  child.kill('SIGKILL')
  await compare(boss, db, 'after a kill')
  const hanging = (await data(['queue'], [0, 1, 2])).claimed.value
  await until('the killed jobs are stuck', async () => (await data(['queue'], [0, 1, 2])).stuck.value === hanging, 20)
  await supervise(boss)
  await compare(boss, db, 'after the supervision failed them')
  equal((await data(['queue'], [0, 1, 2])).stuck.value, 0, 'the package freed them')

  // A unique conflict: the queue is exclusive, and a new job waits.
  const first = await boss.send('sync', {}, { singletonKey: 'a' })
  await boss.fetch('sync')
  await boss.fail('sync', first, { message: 'boom' })
  await boss.send('sync', {}, { singletonKey: 'a' })
  const plan = await data(['dlq', 'requeue', '--queue', 'sync', '--dry-run'])
  equal(plan.skipped.map((skipped) => [skipped.reason, skipped.jobs]), [['conflict', 1]], 'the conflict is named')
  await assert.rejects(boss.retry('sync', first), 'the package raises it')

  // An undo restores every row, and nothing ran.
  await age(db)
  const rows = async () => (await db.executeSql('select j::text from pgboss.job j order by id')).rows
  const before = await rows()
  const requeued = await data(['dlq', 'requeue', '--queue', 'mail', '--yes', '--reason', 'drill'])
  equal(requeued.outcome.written, 200, 'all were requeued')
  equal((await boss.previewRedrive('graveyard')).count ?? 0, 0, 'no copy can be redriven')
  await cli(['dlq', 'undo', requeued.outcome.operation, '--yes', '--reason', 'drill'])
  equal(await rows(), before, 'the undo restored every row')

  // A canary stops while the cause is there: one job ran again.
  const starts = () => runsOf(failing).reduce((total, n) => total + n, 0)
  const startsBefore = starts()
  child = startWorker()
  await cli(['dlq', 'requeue', '--queue', 'mail', '--canary', '--yes', '--reason', 'drill'], { codes: [2] })
  equal(starts(), startsBefore + 1, 'the canary ran one job once')
  child.kill('SIGKILL')

  // Next to workers: the tool is killed in between, and resumed.
  await age(db)
  const earlier = runsOf(failing)
  writeFileSync(FIXED, '')
  child = startWorker()
  const killed = await cli(['dlq', 'requeue', '--queue', 'mail', '--rate', '60/s', '--yes', '--reason', 'drill'], { kill: 1500 })
  assert(/rq-\S+/.test(killed.stderr), `no operation: ${killed.code} ${killed.stdout}${killed.stderr}`)
  const operation = killed.stderr.match(/rq-\S+/)[0]
  const part = (await db.executeSql(`select 1 from pgboss.job where state = 'failed' and name = 'mail'`)).rows.length
  assert(part > 0 && part < 200, `the kill came in between: ${part} left`)
  await cli(['dlq', 'requeue', '--resume', operation, '--yes', '--reason', 'drill'])
  const followed = await cli(['dlq', 'follow', operation, '--wait', '60s'])
  assert(followed.stdout.includes('200 finished'), followed.stdout)
  equal(runsOf(failing), earlier.map((n) => n + 1), 'every job ran exactly once more')
  equal((await boss.previewRedrive('graveyard')).count ?? 0, 0, 'no copy is left to redrive')
  await compare(boss, db, 'after the requeue')

  // keep_until of old jobs: the maintenance must not delete a requeued job.
  child.kill('SIGKILL')
  const [old] = (await db.executeSql(`select id from pgboss.job where name = 'slow' and state = 'failed' limit 1`)).rows
  await db.executeSql(`update pgboss.job set keep_until = now() - interval '1 day' where id = '${old.id}'`)
  await cli(['dlq', 'requeue', old.id, '--yes'])
  await supervise(boss)
  equal((await boss.getJobById('slow', old.id)).state, 'retry', 'the maintenance left the requeued job')
  await boss.cancel('slow', old.id)

  // A rescue frees the job of a killed worker long before its limit, and leaves that of a live worker alone.
  child = startWorker()
  const [killedJob] = await send(1, 'hang once', 'long')
  await until('a job hangs', () => runsOf([killedJob])[0] === 1)
  child.kill('SIGKILL')
  child = startWorker()
  const [liveJob] = await send(1, 'hang', 'long', { heartbeatSeconds: 10 })
  await until('another job runs', () => runsOf([liveJob])[0] === 1)
  const rescue = ['jobs', 'rescue', '--stuck-after', '30s']
  await until('the job is stuck', async () => (await data([...rescue, '--dry-run'])).stuck === 1)
  await sleep(10_000)
  const supervisor = new PgBoss({ connectionString: url, schedule: false, superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 })
  supervisor.on('error', (error) => console.error(error.message))
  await supervisor.start()
  await sleep(3000)
  equal(runsOf([killedJob]), [1], 'the package does not free it by itself yet')
  const rescued = await data([...rescue, '--yes', '--reason', 'drill'])
  equal(rescued.jobs.map((job) => job.id), [killedJob], 'only the job of the killed worker is rescued')
  const { queued, running, finished } = rescued.followed
  equal(queued + running + finished, 1, 'the supervision freed it')
  await until('it runs again', async () => (await boss.getJobById('long', killedJob)).state === 'completed')
  await sleep(3000)
  equal(runsOf([killedJob, liveJob]), [2, 1], 'the rescued job ran once more, the other one only once')
  equal((await boss.getJobById('long', liveJob)).state, 'active', 'the job of the live worker runs')
  child.kill('SIGKILL')
  await supervisor.stop({ graceful: false })
  await boss.stop({ graceful: false })
  console.log(`pg-boss schema version ${(await schemaVersion())}: ${checks()} comparisons held`)
}

async function schemaVersion() {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false })
  await boss.start()
  const version = await boss.schemaVersion()
  await boss.stop({ graceful: false })
  return version
}

await (isWorker ? worker() : main())
