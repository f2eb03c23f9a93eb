import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startServer } from '../server.ts'
import { runCrashRounds } from './crash.ts'

interface Acknowledged {
  readonly userId: string
  readonly username: string
  readonly count: number
}

/** Kills the real server under concurrent writes through all dialects, and looks for everything it had acknowledged. */
export async function crashServer(rounds: number, seed: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-server-crash-'))
  const store = `file:${join(folder, 'store')}`
  const writer = join(import.meta.dirname, 'server-writer.ts')
  try {
    return await runCrashRounds({
      rounds,
      seed,
      livesMsMax: 400,
      command: (round) => [process.execPath, writer, store, `${round}`],
      check: (lines) => assertAllThere(store, lines as Acknowledged[]),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each person's notes count upwards, so what is there must be the last acknowledged one or one after it. */
async function assertAllThere(store: string, acknowledged: readonly Acknowledged[]): Promise<void> {
  const last = new Map(acknowledged.map(({ userId, count }) => [userId, count]))
  await using server = await startServer({ store })
  for (const [userId, count] of last) {
    const { note } = await server.call('GET', `/v1/presence/${userId}`, server.adminToken)
    if (!(Number(note?.text) >= count))
      throw new Error(`${userId}: note ${count} was acknowledged, but ${note?.text ?? 'none'} is there`)
  }
}

if (import.meta.main) {
  const options = {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now() % 1e6}` },
  } as const
  const { rounds, seed } = parseArgs({ options }).values
  const told = await crashServer(Number(rounds), Number(seed))
  console.log(`killed ${rounds} times (seed ${seed}); none of the ${told} acknowledged statuses is missing`)
}
