import { Failure } from '../../core/errors.ts'
import type { Principal } from '../../core/principal.ts'
import type { Attended } from '../../core/service.ts'
import { type Connection, isGoodbye, type SocketHandlers, type UpgradeRequest } from '../../realtime/connection.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import { isId, SPACE } from './ids.ts'
import type { Asker } from './socket-actions.ts'
import { helloHead, numbered } from './socket-frames.ts'
import type { Line } from './socket-line.ts'
import type { Voice } from './voice.ts'

/** A socket whose client has said who it is: it asks, is told of changes, and means that its user is there. */
export interface Listening extends Asker, Pick<Required<SocketHandlers>, 'closed' | 'ended'> {}

/**
 * Begins to listen, with a hello or with what was missed. `returning`: the client may go on where it was; `new`: it may not.
 * Null: what it said of that makes no sense, or its user has too many, and the connection is closed.
 */
export type Listen = (principal: Principal, client: Client, connection: Connection, how: 'returning' | 'new') => Listening | null

export function createListening(voice: Voice, fanout: Fanout): Listen {
  const { lines, services } = voice

  /** The line that goes on, and what its client missed; null: a new one is needed. */
  function resumed(principal: Principal, connectionId: string, sequence: string): Resumed | null | 'nonsense' {
    if (connectionId === '') return null
    if (!isId(connectionId)) return 'nonsense'
    const line = lines.find(principal, connectionId)
    if (line === null) return null
    if (!isNumber(sequence)) return 'nonsense'
    const missed = line.from(Number(sequence))
    if (missed !== null) return { line, missed }
    line.attach(null)
    lines.forget(line)
    return null
  }

  return (principal, { app, connectionId, sequence }, connection, how) => {
    const found = how === 'new' ? null : resumed(principal, connectionId, sequence)
    if (found === 'nonsense') {
      connection.terminate()
      return null
    }
    if (!connection.identified(principal)) return null
    const greeted = connectionId === '' && isNumber(sequence) ? Number(sequence) : 0
    const line = found?.line ?? lines.open(principal, connection.id, greeted + 1)
    const resumes = isId(connectionId) ? connectionId : null
    const listening = attach({ line, principal, connection, voice, fanout, app, resumes })
    lines.unkeep(line)
    if (found === null) {
      const id = services.people.idIn(SPACE, principal.userId) ?? principal.userId
      connection.write([numbered(helloHead({ connectionId: line.connectionId, id, versionId: voice.versionId }), greeted)])
    } else {
      connection.write(found.missed)
      line.catchUp()
    }
    listening.attend()
    return listening
  }
}

/** What a connection's request told of its client. */
export interface Client {
  readonly app: string
  readonly origin: string | undefined
  /** Of the line that it was on; empty: it was on none. */
  readonly connectionId: string
  /** The number that it expects next, as it was sent: without an id, it asks again and again until it gets that. */
  readonly sequence: string
}

export function clientOf({ headers, query, origin }: UpgradeRequest): Client {
  return {
    app: appOf(headers['user-agent']),
    origin,
    connectionId: query.get('connection_id') ?? '',
    sequence: query.get('sequence_number') ?? '',
  }
}

interface Resumed {
  readonly line: Line
  readonly missed: readonly Buffer[]
}

interface Attachment {
  readonly line: Line
  readonly principal: Principal
  readonly connection: Connection
  readonly voice: Voice
  readonly fanout: Fanout
  readonly app: string
  readonly resumes: string | null
}

/** Leads a line's events to a connection, until that ends or another one takes its place. */
function attach({ line, principal, connection, voice, fanout, app, resumes }: Attachment): Listening & { attend(): void } {
  const { view, commands } = voice.as(principal)
  let batch: Buffer[] | null = null
  let attended: Attended | null = null
  let isAttached = true

  const outbox = fanout.outbox({
    connection,
    encode(presences, gone) {
      const frames: Buffer[] = []
      batch = frames
      for (const presence of presences) line.told(presence)
      for (const userId of gone) line.gone(userId)
      batch = null
      return frames
    },
  })
  const watch = view.watch(outbox)
  const detach = (): void => {
    isAttached = false
    outbox.stop()
    watch.stop()
  }
  line.attach({
    watch,
    send(frame) {
      if (batch === null) connection.write([frame])
      else batch.push(frame)
    },
    replaced() {
      if (!isAttached) return
      detach()
      attended?.cut()
      connection.terminate()
    },
  })

  const leaveFor = (next: 'kept' | 'forgotten', end: 'leave' | 'cut'): void => {
    if (!isAttached) return
    detach()
    line.attach(null)
    if (next === 'kept') voice.lines.keep(line)
    else voice.lines.forget(line)
    attended?.[end]()
  }

  return {
    principal,
    attend() {
      attended = attendedOrNot(() =>
        commands.attend({ app, platform: '', idles: 'timed', connectionId: line.connectionId, resumes }),
      )
      attended?.active()
    },
    active: () => attended?.active(),
    idle: () => attended?.idle(null),
    asked: (presences) => line.asked(presences),
    catchUp: () => line.catchUp(),
    send: (frame) => connection.send(frame),
    closed: (code, by) => leaveFor('kept', isGoodbye(code, by) ? 'leave' : 'cut'),
    ended: () => leaveFor('forgotten', 'leave'),
  }
}

const isNumber = (text: string): boolean => /^\d{1,15}$/.test(text)

/** A token may be allowed to look, and not to be there. */
function attendedOrNot(attend: () => Attended): Attended | null {
  try {
    return attend()
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

function appOf(userAgent = ''): string {
  if (/electron|mattermost\//i.test(userAgent)) return `${SPACE}-desktop`
  if (/rnbeta|okhttp|mattermost mobile/i.test(userAgent)) return `${SPACE}-mobile`
  return userAgent.startsWith('Mozilla/') ? `${SPACE}-web` : SPACE
}
