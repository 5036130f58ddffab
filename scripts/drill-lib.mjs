// What the drills of queues share: cliplyctl as a process, a worker as a process, waiting, and counted comparisons.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// Workers must not outlive the drill: they are killed when it exits, also by a signal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/** The helpers for the drill `script` in the directory `dir`, with the connection string of its database. */
export function drill({ script, dir, server, url, ctl }) {
  let checks = 0
  const runs = () => (existsSync(join(dir, 'runs')) ? readFileSync(join(dir, 'runs'), 'utf8').trim().split('\n') : [])
  const cli = (args, { codes = [0], kill } = {}) => new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: dir, XDG_STATE_HOME: join(dir, 'state'), DATABASE_URL: url }
    const child = execFile(ctl, args, { env, cwd: dir, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      const code = child.signalCode ?? child.exitCode
      if (kill || codes.includes(code)) resolve({ code, stdout, stderr })
      else reject(new Error(`cliplyctl ${args.join(' ')}: ${code}\n${stdout}${stderr}`))
    })
    if (kill) setTimeout(() => child.kill('SIGKILL'), kill)
  })
  return {
    cli,
    data: async (args, codes) => JSON.parse((await cli([...args, '-o', 'json'], { codes })).stdout).data,
    startWorker() {
      const child = spawn(process.execPath, [script, 'worker', dir, server], { stdio: 'ignore' })
      process.on('exit', () => child.kill('SIGKILL'))
      return child
    },
    /** How often each of these jobs was started: one line of the file `runs` each time. */
    runsOf: (ids) => { const all = runs(); return ids.map((id) => all.filter((line) => line === String(id)).length) },
    equal(found, expected, what) { checks++; assert.deepEqual(found, expected, what) },
    checks: () => checks,
  }
}

/** Waits until the check holds. */
export async function until(what, check, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200)) if (await check()) return
  throw new Error(`not reached: ${what}`)
}
