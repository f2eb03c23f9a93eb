import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Entry, factsPartition } from '../src/core/ports.ts'
import { emptyRecord, MANUAL, NOTE } from '../src/core/record.ts'
import { newId, newToken } from '../src/directory/random.ts'
import { encodeRecord } from '../src/engine/codec.ts'
import { fillWith } from '../src/ledgers/copies.ts'
import { openFilling } from '../src/ledgers/embedded/fill.ts'
import { partitionsOf } from '../src/ledgers/writes.ts'
import { freePort } from '../test/ports.ts'
import { startRollcall, WATCHING_PAUSES } from './servers.ts'
import { storedLogin, storedUser } from './stored.ts'
import { goal, row } from './table.ts'

/*
 * What so many users cost the whole server: memory, time until it is ready, and the longest pause of its event loop from when it
 * first answers. It has all cores there are. Everybody has a name, an e-mail address, a password's hash and a token; every tenth
 * has two claims and a session. Arguments: numbers of users; with `--later` it also waits until the sessions of the process
 * before have ended, nobody having come back, and tells the memory then.
 */

const FACTS_PARTITIONS = 16
const CHUNK_USERS = 1000
/** How long memory may settle after loading, in ms. */
const IDLE_MS = 5_000
/** How long after the start the last of those sessions has ended, in ms. */
const LATER_MS = 120_000
const ASK_MS = 10
const createdAt = Date.now() - 86_400_000

const given = process.argv.slice(2)
const isPatient = given.includes('--later')
const sizes = given.filter((word) => word !== '--later').map(Number)
console.log('\nUsers: a store with so many of them, served by a fresh process.\n')
row('users', 'answers s', 'ready s', 'pause ms', 'RSS MB', 'idle MB', 'own MB', 'later MB', 'CPU s', 'goal')
for (const users of sizes.length > 0 ? sizes : [100_000, 1_000_000]) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  try {
    await fill(folder, users)
    await measure(folder, users)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(folder: string, users: number): Promise<void> {
  const port = await freePort()
  const began = performance.now()
  const starting = startRollcall({
    store: `file:${folder}`,
    env: { ROLLCALL_PORT: String(port) },
    nodeArguments: WATCHING_PAUSES,
    pinned: false,
  })
  const answersMs = await untilAlive(`http://127.0.0.1:${port}/healthz`, starting).then(() => performance.now() - began)
  const server = await starting
  try {
    const [loaded, cpuMs] = [await server.memory(), await server.cpuMs()]
    await wait(IDLE_MS)
    const idle = await server.memory()
    if (isPatient) await wait(LATER_MS)
    const later = isPatient ? await server.memory() : null
    const pause = Math.max(0, ...server.pauses.filter(({ at }) => at > answersMs).map(({ ms }) => ms))
    const [ready, megabytes] = [server.startMs / 1000, (bytes: number) => (bytes / 1e6).toFixed(0)]
    const reached = ready < 10 && pause < 200 && [loaded, idle, later].every((memory) => memory === null || memory.resident < 1e9)
    row(
      users.toLocaleString('en'),
      (answersMs / 1000).toFixed(1),
      ready.toFixed(1),
      String(pause),
      megabytes(loaded.resident),
      megabytes(idle.resident),
      megabytes(idle.own),
      later === null ? '' : megabytes(later.resident),
      (cpuMs / 1000).toFixed(1),
      goal(reached, '10 s, 200 ms, 1,000 MB'),
    )
  } finally {
    await server.stop()
  }
}

/** Until it answers, or its start has failed. */
async function untilAlive(url: string, starting: Promise<unknown>): Promise<void> {
  let failed = false
  starting.catch(() => (failed = true))
  while (!failed && !(await fetch(url).catch(() => null))?.ok) await wait(ASK_MS)
}

/** Makes a store as the server itself would have written it. */
async function fill(folder: string, users: number): Promise<void> {
  const positions = new Map(partitionsOf(FACTS_PARTITIONS).map((partition) => [partition, users]))
  async function* chunks(): AsyncGenerator<readonly Entry[]> {
    for (let from = 0; from < users; from += CHUNK_USERS)
      yield Array.from({ length: Math.min(CHUNK_USERS, users - from) }, (_, at) => entriesOf(from + at)).flat()
  }
  const header = { factsPartitions: FACTS_PARTITIONS, created: new Date().toISOString(), positions }
  await fillWith(await openFilling(folder, { header, replace: false, content: null }), chunks())
}

function salted(): string {
  return `${randomBytes(16).toString('base64')}$${randomBytes(32).toString('base64')}`.replaceAll('=', '')
}

function entriesOf(number: number): Entry[] {
  const [id, token, version] = [newId(randomBytes), newToken(randomBytes, 43), number + 1]
  const user = storedUser({
    id,
    number,
    createdAt,
    email: `user.${number}@mail.example.org`,
    passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${salted()}`,
  })
  const login = storedLogin(token, id, createdAt, null)
  const entries: Entry[] = [{ partition: 'directory', key: `user/${id}`, value: user, version }]
  if (login.value !== null) entries.push({ partition: 'directory', key: login.key, value: login.value, version })
  if (number % 10 === 0) entries.push({ partition: factsPartition(id, FACTS_PARTITIONS), key: id, value: factsOf(id), version })
  return entries
}

/** Busy with a note, and connected. */
function factsOf(id: string): Uint8Array {
  const since = createdAt + 60_000
  const said = { class: 'manual', activity: null, since, until: null, via: 'rocketchat', by: id } as const
  const kept = { fades: false, attended: true, dismissed: false, leaseMs: null } as const
  const record = emptyRecord(createdAt)
  const note = { text: 'In the workshop until noon', emoji: 'hammer' }
  return encodeRecord({
    ...record,
    revision: 3,
    claims: [
      { key: MANUAL, ...said, availability: 'busy', note: null, made: 2, ...kept },
      { key: NOTE, ...said, availability: null, note, made: 3, ...kept },
    ],
    sessions: [
      {
        id: crypto.randomUUID(),
        owner: { node: 'single', incarnation: since },
        leaseUntil: null,
        app: 'mattermost-web',
        platform: 'web',
        idles: 'timed',
        idle: false,
        openedAt: since,
        seenUntil: null,
      },
    ],
    lastActiveAt: since,
    shown: {
      ...record.shown,
      availability: 'busy',
      note: { ...note, until: null },
      since,
      changedAt: since,
      lastActiveAt: since,
      asOf: since,
      told: null,
    },
  })
}
