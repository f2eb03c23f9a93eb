import { Failure } from '../core/errors.ts'
import type { Attended } from '../core/service.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { FarAttendance } from './commands.ts'
import { gathered, isNothing, type Line, type LineParts } from './line.ts'
import type { Wanted } from './mirror.ts'
import { type Answer, failureOf } from './requests.ts'
import { createRetry } from './retry.ts'
import { timeOf } from './translate.ts'

/** Users named in one message: within its bytes, however long their ids are. */
const USERS_PER_MESSAGE = 500
/** After this long without a word, in ms, the server is asked whether it is there; after SILENT_MS_MAX it is not. */
const PING_AFTER_MS = 45_000
const SILENT_MS_MAX = 60_000
const LOOK_MS = 5_000
/** How long a server that said goodbye is given, in ms, before anybody comes back. */
const GOODBYE_MS = 1_000
/** A close of ours that is no goodbye: the session lives through its grace. */
const CUT = 4_000
const POLICY = 1_008

export interface SocketLine extends Line {
  attend(attendance: FarAttendance): Attended
}

interface Attending extends FarAttendance {
  sessionId: string
  resumes?: string | null
  /** Undefined: active; null: idle, nobody knows since when. */
  lastInputAt: Instant | null | undefined
}

/** Watching and being present over one WebSocket. */
export function createSocketLine({ url, token, mirror, wanted, state, refused }: LineParts): SocketLine {
  const retry = createRetry()
  let socket: WebSocket | null = null
  let greeted = false
  let heardAt = 0
  /** Of the last connection, whose session the next one takes back. */
  let connectionId: string | null = null
  let asked = { everyone: false, words: new Set<string>() }
  let asks = 0
  let attending: Attending | null = null
  let problem: Failure | null = null
  let closed = false

  const changed = gathered(sync)
  /** Only while there is a connection: nothing else keeps a program from ending. */
  let beat: ReturnType<typeof setInterval> | undefined

  const say = (message: object): void => socket?.send(JSON.stringify(message))

  function watch(message: object): void {
    mirror.asked()
    say({ type: 'watch', id: ++asks, ...message })
  }

  /** Makes what is asked for what is wanted. */
  function sync(): void {
    const wants = wanted()
    if (!closed) act(wants)
    // Until then the mirror knows whom the words mean that are not asked for any more.
    mirror.keep(wants)
  }

  function act(wants: Wanted): void {
    if (isNothing(wants) && attending === null) hangUp()
    else if (socket === null && !retry.isWaiting) open()
    else if (greeted) ask(wants)
  }

  function ask(wants: Wanted): void {
    if (wants.everyone !== asked.everyone) watchEveryone(wants.everyone)
    if (!wants.everyone) watchWords(wants.words)
  }

  function watchEveryone(on: boolean): void {
    asked = { everyone: on, words: new Set() }
    const since = mirror.since(null)
    if (on) watch({ everyone: true, ...(since !== null && { since }) })
    else say({ type: 'unwatch', everyone: true })
  }

  function watchWords(words: ReadonlySet<string>): void {
    const idOf = (word: string): string => mirror.idOf(word) ?? word
    const stay = new Set([...words].map(idOf))
    const leaving = [...asked.words].filter((word) => !words.has(word) && !stay.has(idOf(word)))
    const coming = [...words].filter((word) => !asked.words.has(word))
    const known = coming.filter((word) => mirror.since(word) !== null)
    asked.words = new Set(words)
    for (const users of chunks(leaving)) say({ type: 'unwatch', users })
    for (const users of chunks(known.map(idOf))) watch({ users, since: mirror.cursor })
    for (const users of chunks(coming.filter((word) => !known.includes(word)))) watch({ users })
  }

  function open(): void {
    state('connecting')
    const opened = new WebSocket(new URL('/v1/socket', url).href.replace(/^http/, 'ws'))
    socket = opened
    beat = setInterval(lookAfter, LOOK_MS)
    greeted = false
    heardAt = performance.now()
    opened.onopen = () => say({ type: 'hello', token })
    opened.onmessage = ({ data }) => {
      if (socket === opened) hear(JSON.parse(String(data)))
    }
    opened.onclose = ({ code }) => {
      if (socket === opened) lost(code)
    }
  }

  function lost(code: number): void {
    clearInterval(beat)
    socket = null
    greeted = false
    mirror.cut()
    if (code === POLICY) {
      end(problem ?? new Failure('unauthenticated', 'The token is unknown, or has ended.'))
      return
    }
    if (isNothing(wanted()) && attending === null) {
      state('idle')
      return
    }
    state('waiting')
    retry.later(open, code === 1_001 || code === 1_013 ? GOODBYE_MS : null)
  }

  function end(failure: Failure): void {
    close()
    attending?.ended?.()
    attending = null
    state('ended', failure)
  }

  function hear(told: Answer): void {
    heardAt = performance.now()
    switch (told.type) {
      case 'hello':
        greet(told.connectionId)
        break
      case 'done':
        if (told.sessionId === undefined) mirror.answered()
        else if (attending !== null) begin(attending, told.sessionId)
        break
      case 'error':
        hearProblem(told.id, failureOf(told.problem))
        break
      case 'snapshot':
      case 'presence':
      case 'removed':
      case 'cursor':
      case 'reset':
        mirror.hear(told)
    }
  }

  function begin(mine: Attending, sessionId: string): void {
    mine.sessionId = sessionId
    // From now on its connection says which it is.
    mine.resumes = null
    mine.began?.(sessionId)
  }

  function hearProblem(id: unknown, failure: Failure): void {
    if (failure.code === 'unauthenticated') problem = failure
    if (id === 'attend') {
      attending?.ended?.()
      attending = null
      changed()
    }
    if (id === undefined) return
    refused(failure)
    if (typeof id === 'number') mirror.answered()
  }

  function greet(id: string): void {
    greeted = true
    retry.up()
    asked = { everyone: false, words: new Set() }
    mirror.began()
    if (attending !== null) sayAttending(attending)
    connectionId = id
    sync()
    state('live')
  }

  function sayAttending({ app, platform, resumes = null, lastInputAt }: Attending): void {
    say({ type: 'attend', id: 'attend', app, platform, resumes: resumes ?? connectionId })
    if (lastInputAt !== undefined) sayIdle(lastInputAt)
  }

  const sayIdle = (lastInputAt: Instant | null): void =>
    say({ type: 'idle', lastInputAt: lastInputAt === null ? null : timeOf(lastInputAt) })

  /** A computer that slept, or a network that went, closes nothing: what says nothing any more is given up. */
  function lookAfter(): void {
    const silentMs = performance.now() - heardAt
    if (socket === null || silentMs < PING_AFTER_MS) return
    if (silentMs < SILENT_MS_MAX) {
      if (greeted) say({ type: 'ping' })
      return
    }
    const silent = socket
    lost(1_006)
    silent.close(CUT)
  }

  function hangUp(code = 1_000): void {
    const wasUp = socket !== null || retry.isWaiting
    retry.stop()
    clearInterval(beat)
    const open = socket
    socket = null
    greeted = false
    open?.close(code)
    if (wasUp) state('idle')
  }

  function close(): void {
    closed = true
    hangUp()
  }

  function attend(attendance: FarAttendance): Attended {
    if (attending !== null) throw new Failure('conflict', 'You are present here already; leave first.')
    const mine: Attending = { ...attendance, sessionId: '', lastInputAt: undefined }
    attending = mine
    if (greeted) sayAttending(mine)
    else changed()
    const still = () => attending === mine
    return {
      get sessionId() {
        return mine.sessionId
      },
      active() {
        mine.lastInputAt = undefined
        if (still() && greeted) say({ type: 'active' })
      },
      idle(lastInputAt) {
        mine.lastInputAt = lastInputAt
        if (still() && greeted) sayIdle(lastInputAt)
      },
      leave() {
        if (!still()) return
        attending = null
        if (greeted) say({ type: 'leave' })
        changed()
      },
      cut() {
        if (!still()) return
        attending = null
        hangUp(CUT)
        mirror.cut()
        changed()
      },
    }
  }

  return { changed, hurry: retry.now, close, attend }
}

function chunks(words: readonly string[]): string[][] {
  const made: string[][] = []
  for (let at = 0; at < words.length; at += USERS_PER_MESSAGE) made.push(words.slice(at, at + USERS_PER_MESSAGE))
  return made
}
