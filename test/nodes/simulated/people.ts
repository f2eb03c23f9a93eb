import { deepStrictEqual, ok } from 'node:assert/strict'
import type { PresenceRecord } from '../../../src/core/record.ts'
import type { Attended } from '../../../src/core/service.ts'
import type { Instant, UserId } from '../../../src/core/vocabulary.ts'
import { SETTINGS } from '../../engine/world.ts'
import { type Machine, RESTART_GRACE_MS } from './node.ts'

/** A client of a person's, known by its acts alone. */
export interface Client {
  readonly userId: UserId
  readonly app: string
  connectionId: string
  /** As it was told with its last connection. */
  sessionId: string
  machine: Machine
  /** Null: it is not connected. */
  handle: Attended | null
  idle: boolean
  /** Between these all nodes that hear of everything must show the person as present. */
  sureFrom: Instant
  sureUntil: Instant
  /** When it came, and until when its session lives where it was, should it be cut off again before that is written (F5). */
  cameAt: Instant
  sureBefore: Instant
}

/** Who is connected to which machine, whatever the nodes make of it. */
export interface People {
  come(machine: Machine, userId: UserId, app: string): void
  /** To the same machine or another, as the client that was cut off. */
  comeBack(client: Client, machine: Machine): void
  cut(client: Client): void
  leave(client: Client): void
  turn(client: Client, idle: boolean): void
  /** The connections of a process are gone with it. */
  ended(machine: Machine): void
  /** The machine may be taken for gone from now on. */
  troubled(machine: Machine): void
  /** Whoever says that they are online is at it. */
  declared(userId: UserId): void
  connected(): readonly Client[]
  gone(): readonly Client[]
  isSure(userId: UserId): boolean
  /** Every client says again how it is. */
  repeat(): void
  /** Nobody is shown who is not there, and nobody is gone who is. */
  inspect(userId: UserId, record: PresenceRecord): void
  /** From here on it is known what all nodes know. */
  settled(): void
}

/** Nodes that hear of the ledger's time by slow answers do not have it to the millisecond. */
const CLOCKS_MS = 1_000
/** Until a coming is known everywhere, and so long before its end nothing is sure, in ms. */
const SURE_AFTER_MS = 6_000

export function createPeople({
  now,
  isTroubled,
}: {
  readonly now: () => Instant
  readonly isTroubled: (machine: Machine) => boolean
}): People {
  let clients: Client[] = []
  let names = 0
  const at = (machine: Machine): readonly Client[] =>
    clients.filter((client) => client.machine === machine && client.handle !== null)

  function attend(client: Client, machine: Machine, resumes: string | null): void {
    const serving = machine.serving
    if (serving === null) return
    const isSure = client.sureFrom <= now() && now() < client.sureUntil - SURE_AFTER_MS && !isTroubled(machine)
    client.connectionId = `c${++names}`
    client.sureBefore = client.sureUntil
    client.cameAt = now()
    client.machine = machine
    const { app, connectionId } = client
    const handle = serving.as(client.userId).commands.attend({ app, platform: 'simulated', idles: 'told', connectionId, resumes })
    client.handle = handle
    client.sessionId = handle.sessionId
    if (!isSure) client.sureFrom = isTroubled(machine) ? Number.POSITIVE_INFINITY : now() + SURE_AFTER_MS
    client.sureUntil = Number.POSITIVE_INFINITY
    // It may be taken for one of these, which were cut off, and its goodbye for theirs (F5).
    for (const one of clients)
      if (one !== client && isLost(one) && one.userId === client.userId && one.app === app) one.sureUntil = now()
    say(client)
  }

  /** It is cut off, or its machine may have been given up by the others: they know no difference. */
  const isLost = ({ handle, machine }: Client): boolean => handle === null || isTroubled(machine)

  const say = ({ handle, idle }: Client): void => (idle ? handle?.idle(null) : handle?.active())

  function lose(client: Client, graceMs: number): void {
    client.handle = null
    waitFor(client, graceMs)
  }

  function waitFor(client: Client, graceMs: number): void {
    const before = now() < client.cameAt + SURE_AFTER_MS ? client.sureBefore : Number.POSITIVE_INFINITY
    client.sureUntil = Math.min(client.sureUntil, before, now() + graceMs - CLOCKS_MS)
    if (client.sureFrom > now()) client.sureFrom = Number.POSITIVE_INFINITY
  }

  return {
    come(machine, userId, app) {
      const client = {
        userId,
        app,
        connectionId: '',
        sessionId: '',
        machine,
        handle: null,
        idle: false,
        sureFrom: Number.POSITIVE_INFINITY,
        sureUntil: 0,
        cameAt: now(),
        sureBefore: 0,
      }
      clients.push(client)
      attend(client, machine, null)
    },
    // Some products' clients know the connection that they had, others the session.
    comeBack: (client, machine) => attend(client, machine, client.app === 'web' ? client.sessionId : client.connectionId),
    cut(client) {
      client.handle?.cut()
      lose(client, SETTINGS.graceMs)
    },
    leave(client) {
      client.handle?.leave()
      clients = clients.filter((one) => one !== client)
    },
    turn(client, idle) {
      client.idle = idle
      say(client)
    },
    ended(machine) {
      for (const client of at(machine)) lose(client, RESTART_GRACE_MS)
    },
    troubled(machine) {
      for (const client of at(machine)) waitFor(client, RESTART_GRACE_MS)
    },
    declared(userId) {
      for (const client of clients) if (client.userId === userId) client.idle = false
    },
    connected: () => clients.filter(({ handle }) => handle !== null),
    gone: () => clients.filter(({ handle }) => handle === null),
    isSure: (userId) => clients.some((one) => one.userId === userId && one.sureFrom <= now() && now() < one.sureUntil),
    repeat() {
      for (const client of clients) if (client.handle !== null) say(client)
    },
    inspect(userId, { sessions }) {
      const live = sessions
        .filter(({ seenUntil }) => seenUntil === null)
        .map(({ app, idle }) => `${app} ${idle ? 'idle' : 'active'}`)
      const true_ = clients
        .filter((one) => one.userId === userId && one.handle !== null)
        .map(({ app, idle }) => `${app} ${idle ? 'idle' : 'active'}`)
      deepStrictEqual(live.sort(), true_.sort(), `the sessions of ${userId} are not the connections`)
    },
    settled() {
      clients = clients.filter(({ handle }) => handle !== null)
      for (const client of clients) {
        ok(client.machine.serving !== null)
        client.sureFrom = now()
        client.sureUntil = Number.POSITIVE_INFINITY
      }
    },
  }
}
