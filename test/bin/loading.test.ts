import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Entry } from '../../src/core/ports.ts'
import { fillWith } from '../../src/ledgers/copies.ts'
import { openFilling } from '../../src/ledgers/embedded/fill.ts'
import { partitionsOf } from '../../src/ledgers/writes.ts'
import { freePort } from '../ports.ts'
import { startServer } from '../server.ts'

/** Keys that nobody holds, which take a while to read all the same. */
const ENTRIES = 200_000
const SEPARATELY = 2_000

/** Answers each dialect gives to whoever comes too early. */
const EARLY: readonly (readonly [path: string, answer: unknown])[] = [
  ['/v1/presence/me', { status: 503, type: expect.any(String), detail: 'This server is still loading.' }],
  ['/api/v1/users.getStatus', { success: false }],
  ['/api/v4/users/me', { status_code: 503 }],
  ['/api/v1/User/currentPrincipal', { Error: true }],
  ['/websocket', { status: 503, detail: 'This server is still loading.' }],
]

test('[ST11] while it loads it answers probes, refuses all else with 503 and a time to try again, and says it listens once it is ready', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-loading-'))
  try {
    await fill(folder)
    const port = await freePort()
    const starting = startServer({ store: `file:${folder}`, env: { ROLLCALL_PORT: String(port) } })
    let ready = false
    void starting.then(() => (ready = true))
    const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`)

    const first = await untilAnswered(() => ask('/readyz'))
    const [alive, ...early] = await Promise.all([ask('/healthz'), ...EARLY.map(([path]) => ask(path))])
    expect([first.status, await first.json()]).toEqual([
      503,
      { state: 'loading', reason: expect.stringContaining('is being read') },
    ])
    expect([alive?.status, ready]).toEqual([200, false])
    for (const [at, [path, answer]] of EARLY.entries()) {
      const response = early[at]
      expect([path, response?.status, response?.headers.get('retry-after')]).toEqual([path, 503, '1'])
      expect(await response?.json()).toMatchObject(answer as object)
    }

    await using server = await starting
    expect((await server.request('/readyz')).status).toBe(200)
    expect((await server.request('/v1/presence/me')).status).toBe(401)
  } finally {
    await rm(folder, { recursive: true })
  }
})

async function fill(folder: string): Promise<void> {
  async function* chunks(): AsyncGenerator<readonly Entry[]> {
    const value = new Uint8Array(1)
    for (let from = 0; from < ENTRIES; from += SEPARATELY)
      yield Array.from({ length: SEPARATELY }, (_, at) => ({
        partition: 'directory',
        key: `nobodys/${String(from + at).padStart(9, '0')}`,
        value,
        version: 1,
      }))
  }
  const positions = new Map(partitionsOf(2).map((partition) => [partition, 1]))
  const header = { factsPartitions: 2, created: new Date().toISOString(), positions }
  await fillWith(await openFilling(folder, { header, replace: false, content: null }), chunks())
}

async function untilAnswered(ask: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const answer = await ask().catch(() => null)
    if (answer !== null) return answer
    await wait(2)
  }
}
