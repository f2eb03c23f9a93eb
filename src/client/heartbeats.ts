import { Failure } from '../core/errors.ts'
import type { Attended } from '../core/service.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { FarAttendance, FarCommands } from './commands.ts'

/** A session is believed for five minutes; it is kept well within them, in ms. */
const BEAT_MS = 60_000

type Sessions = Pick<FarCommands, 'openSession' | 'heartbeat' | 'closeSession'>

/** Being present without a socket: a session that heartbeats keep, opened anew if it was lost meanwhile. */
export function attendByHeartbeats(
  { app, platform, ended, resumes = null, began }: FarAttendance,
  sessions: () => Sessions,
  beatMs = BEAT_MS,
): Attended & { stop(): void } {
  let sessionId = resumes ?? ''
  let idle: { readonly lastInputAt: Instant | null } | null = null
  let over = false
  /** One request at a time, in the order in which things were said. */
  let last = Promise.resolve()

  const said = () => ({
    idle: idle !== null,
    ...(idle !== null && idle.lastInputAt !== null && { lastInputAt: idle.lastInputAt }),
  })

  async function keep(): Promise<void> {
    if (over) return
    try {
      if (sessionId === '') sessionId = (await sessions().openSession({ app, platform, idle: idle !== null })).sessionId
      else await sessions().heartbeat(sessionId, said())
      began?.(sessionId)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.code === 'not_found') {
        sessionId = ''
        return keep()
      }
      // What is away now may be there at the next beat.
      if (error.code === 'unavailable' || error.code === 'too_many') return
      stop()
      ended?.()
    }
  }

  const enqueue = (deed: () => Promise<void>): void => {
    last = last.then(deed).catch(() => undefined)
  }
  const beat = setInterval(() => enqueue(keep), beatMs)
  enqueue(keep)

  function stop(): void {
    over = true
    clearInterval(beat)
  }

  return {
    get sessionId() {
      return sessionId
    },
    active() {
      idle = null
      enqueue(keep)
    },
    idle(lastInputAt) {
      idle = { lastInputAt }
      enqueue(keep)
    },
    leave() {
      if (over) return
      stop()
      enqueue(async () => {
        if (sessionId !== '') await sessions().closeSession(sessionId)
      })
    },
    cut: stop,
    stop,
  }
}
