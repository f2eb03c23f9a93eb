import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Entry } from '../src/core/ports.ts'
import { mattermostIds } from '../src/dialects/mattermost/ids.ts'
import { rocketchatIds } from '../src/dialects/rocketchat/ids.ts'
import { superofficeIds } from '../src/dialects/superoffice/ids.ts'
import { createDirectory } from '../src/directory/directory.ts'
import { newId, newToken } from '../src/directory/random.ts'
import { hashOfToken, putToken, tailOf } from '../src/directory/tokenChanges.ts'
import { encodeUser } from '../src/directory/userRecord.ts'
import { createMemoryLedger } from '../src/ledgers/memory.ts'

/*
 * What so many users cost the directory: resident memory, time to load, the longest pause while loading, and look-ups.
 * Entries are made just before they are loaded, as a ledger on disk gives them; making them is not counted as loading.
 */
const users = Number(process.argv[2] ?? 1_000_000)
const SLICE = 2_000

const directory = createDirectory({
  ledger: createMemoryLedger(),
  idSpaces: [rocketchatIds, mattermostIds, superofficeIds],
  random: randomBytes,
  log: console,
})
const createdAt = Date.now() - 1_000_000
const hash =
  `$argon2id$v=19$m=19456,t=2,p=1$${randomBytes(16).toString('base64')}$${randomBytes(32).toString('base64')}`.replaceAll('=', '')

function entriesOf(number: number): { entries: Entry[]; id: string; token: string } {
  const [id, token] = [newId(randomBytes), newToken(randomBytes, 43)]
  const user = encodeUser({
    id,
    username: `user.number.${number}`,
    name: `User Number ${number}`,
    email: `user.${number}@mail.example.org`,
    roles: ['user'],
    ids: { superoffice: String(number + 1) },
    bot: false,
    active: true,
    utcOffset: 0,
    timezone: null,
    avatarETag: null,
    createdAt,
    updatedAt: createdAt,
    passwordHash: hash,
  })
  const { key, value } = putToken({
    hash: hashOfToken(token),
    userId: id,
    kind: 'login',
    name: '',
    createdAt,
    until: createdAt + 90 * 86_400_000,
    tail: tailOf(token),
    lastUsedAt: null,
    scopes: null,
    users: null,
    origins: null,
  })
  const [partition, version] = ['directory', number + 1]
  return {
    entries: [
      { partition, key: `user/${id}`, value: user, version },
      ...(value === null ? [] : [{ partition, key, value, version }]),
    ],
    id,
    token,
  }
}

const megabytes = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20)
const before = megabytes()
const ids: string[] = []
const tokens: string[] = []
let [loadMs, longestMs, cpuMs] = [0, 0, 0]
for (let from = 0; from < users; from += SLICE) {
  const made = Array.from({ length: Math.min(SLICE, users - from) }, (_, i) => entriesOf(from + i))
  for (const { id, token } of made.slice(0, 20)) {
    ids.push(id)
    tokens.push(token)
  }
  const [start, cpuStart] = [performance.now(), process.cpuUsage()]
  for (const { entries } of made)
    for (const entry of entries) {
      const entryStart = performance.now()
      directory.apply(entry)
      longestMs = Math.max(longestMs, performance.now() - entryStart)
    }
  loadMs += performance.now() - start
  const { user, system } = process.cpuUsage(cpuStart)
  cpuMs += (user + system) / 1000
  await turn()
}
directory.loaded({ directory: users })
globalThis.gc?.()
const nanoseconds = (look: (at: number) => unknown): number => {
  const rounds = 300_000
  for (let at = 0; at < 20_000; at++) look(at)
  const start = performance.now()
  for (let at = 0; at < rounds; at++) look(at)
  return Math.round(((performance.now() - start) / rounds) * 1e6)
}
const at = <Kind>(list: readonly Kind[], number: number): Kind => list[number % list.length] as Kind
const { people, subjects, authentication } = directory
console.log({
  users: people.count,
  residentMegabytes: megabytes() - before,
  processMegabytes: megabytes(),
  recordsAndIndexesMegabytes: Math.round(process.memoryUsage().arrayBuffers / 2 ** 20),
  loadSeconds: Number((loadMs / 1000).toFixed(2)),
  cpuSeconds: Number((cpuMs / 1000).toFixed(2)),
  longestEntryMs: Number(longestMs.toFixed(1)),
  nanoseconds: {
    slotOf: nanoseconds((number) => subjects.slotOf(at(ids, number))),
    idInOwn: nanoseconds((number) => people.idIn('rocketchat', at(ids, number))),
    idInNumber: nanoseconds((number) => people.idIn('superoffice', at(ids, number))),
    findUsername: nanoseconds((number) => people.find('username', `user.number.${number * 3}`)),
    getCached: nanoseconds((number) => people.get(at(ids, number % 1000))),
    getDecoded: nanoseconds((number) => people.get(at(ids, number))),
    byToken: nanoseconds((number) => authentication.byToken(at(tokens, number % 1000))),
  },
})
