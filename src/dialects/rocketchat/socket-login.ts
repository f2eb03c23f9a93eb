import type { Principal } from '../../core/principal.ts'
import type { Services } from '../../core/service.ts'
import type { Presence, UserId } from '../../core/vocabulary.ts'
import { CLOSE, type Connection } from '../../realtime/connection.ts'
import type { Fanout } from '../../realtime/fanout.ts'
import type { Ring } from '../../realtime/ring.ts'
import { nosub } from './ddp.ts'
import { type Entered, enter } from './entering.ts'
import { NAME } from './ids.ts'
import type { BugLog } from './methods-errors.ts'
import { loginResult } from './socket-account.ts'
import type { Form } from './socket-form.ts'
import { openSession, type Platform, type SocketSession } from './socket-session.ts'
import { createStreams, type Streams } from './streams.ts'
import { goneMessage, type PresenceStream } from './streams-frames.ts'
import type { News } from './streams-news.ts'
import type { PresetEvents } from './streams-presets.ts'

/** Who is logged in on a connection. */
export interface Account {
  readonly principal: Principal
  readonly token: string
  /** Null: its token opens no sessions. */
  readonly session: SocketSession | null
  readonly streams: Streams
}

/** Logging in and out on one connection. */
export interface SocketLogin {
  readonly account: Account | null
  /** The client said something: its token is looked at again, as it may have ended, or mean less than it did. */
  renew(): void
  /** Answers what a login does. `resumes`: the connection that this one carries on. Throws as `enter`. */
  logIn(said: unknown, resumes: string | null): Promise<unknown>
  logOut(): Promise<void>
  /** The login was ended from elsewhere. */
  ended(): void
  /** The connection is over. */
  over(goodbye: boolean): void
}

/** What stays known of the request: a connection lives long. */
export interface SocketClient {
  readonly platform: Platform
  readonly origin: string | undefined
}

export interface SocketLoginParts {
  readonly services: Services
  readonly fanout: Fanout
  readonly presets: PresetEvents
  readonly news: News
  readonly form: Form
  readonly ring: Ring
  readonly client: SocketClient
  readonly connection: Connection
  readonly log: BugLog
  /** Sends one message. */
  readonly send: (message: string) => void
}

export function createSocketLogin(parts: SocketLoginParts): SocketLogin {
  const { services, fanout, presets, news, form, ring, client, connection, send, log } = parts
  const { authentication, people, settings } = services
  let account: Account | null = null

  function become({ principal, token }: Entered, resumes: string | null): void {
    if (account !== null && isSame(account.principal, principal)) return
    leave()
    if (!connection.identified(principal)) return
    const { platform } = client
    const session = openSession({ services, principal, platform, connectionId: connection.id, resumes, ended })
    const outbox = (stream: PresenceStream) => fanout.outbox({ connection, encode: encoderOf(stream) })
    const joinRing = () => ring.join(connection, { self: principal.userId })
    const streams = createStreams({ services, presets, news, principal, send, outbox, joinRing, log })
    account = { principal, token, session, streams }
  }

  /** While broadcasting is off nothing is told, and nothing of it later. */
  const encoderOf = (stream: PresenceStream) => (presences: readonly Presence[], gone: readonly UserId[]) => {
    if (settings.current.broadcastDisabled) return []
    const frames = presences.map(form.frames[stream])
    if (stream === 'watched')
      for (const userId of gone) frames.push(connection.frame(form.write(goneMessage(people.lastIdIn(NAME, userId)))))
    return frames
  }

  /** Whoever was logged in is not any more; their subscriptions end. */
  function leave(): void {
    const leaving = account
    account = null
    leaving?.session?.leave()
    for (const id of leaving?.streams.stop() ?? []) send(nosub(id))
  }

  function ended(): void {
    if (account === null) return
    leave()
    connection.close(CLOSE.policy, 'The login has ended')
  }

  return {
    get account() {
      return account
    },
    renew() {
      if (account === null) return
      const principal = authentication.byToken(account.token, client.origin)
      if (principal === null) ended()
      else if (principal !== account.principal) account = { ...account, principal }
    },
    async logIn(said, resumes) {
      const entered = await enter(authentication, said, { address: connection.address, origin: client.origin })
      const answer = await loginResult(services, entered)
      if (connection.isOpen()) become(entered, resumes)
      return answer
    },
    async logOut() {
      const leaving = account
      if (leaving === null) return
      leave()
      await authentication.logout(leaving.principal)
    },
    ended,
    over(goodbye) {
      account?.streams.stop()
      if (goodbye) account?.session?.leave()
      else account?.session?.cut()
      account = null
    },
  }
}

const isSame = (one: Principal, other: Principal): boolean => one.userId === other.userId && one.tokenId === other.tokenId
