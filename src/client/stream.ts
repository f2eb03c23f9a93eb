import { Failure } from '../core/errors.ts'
import { gathered, isNothing, type Line, type LineParts } from './line.ts'
import type { Told } from './mirror.ts'
import type { Requests } from './requests.ts'
import { createRetry } from './retry.ts'

/** Users that one stream names. */
const USERS_MAX = 1_000
/** The server says something every 15 s; after this long without a word, in ms, it is not there any more. */
const SILENT_MS_MAX = 45_000

/** Watching by server-sent events: where no WebSocket gets through. Whoever is added is heard of in a new stream. */
export function createStreamLine({ mirror, wanted, state, refused }: LineParts, { read }: Requests): Line {
  const retry = createRetry()
  let aborting: AbortController | null = null
  let asked = ''
  let retryMs: number | null = null
  let closed = false

  const changed = gathered(sync)

  function sync(): void {
    const wants = wanted()
    mirror.keep(wants)
    if (closed) return
    if (isNothing(wants)) hangUp()
    else if (retry.isWaiting) return
    else if (wants.everyone ? asked !== '*' : [...wants.words].some((word) => !asked.split(',').includes(word))) open()
  }

  function hangUp(): void {
    if (aborting === null && !retry.isWaiting) return
    retry.stop()
    asked = ''
    aborting?.abort()
    aborting = null
    mirror.cut()
    state('idle')
  }

  function open(): void {
    aborting?.abort()
    mirror.cut()
    const { everyone, words } = wanted()
    if (!everyone && words.size > USERS_MAX) {
      refused(new Failure('invalid', `One stream names at most ${USERS_MAX} users.`, { reason: 'too_many_watched' }))
      return
    }
    const mine = new AbortController()
    aborting = mine
    asked = everyone ? '*' : [...words].join()
    state('connecting')
    run(mine).then(
      () => over(mine, null),
      (error: unknown) => over(mine, error),
    )
  }

  async function run(mine: AbortController): Promise<void> {
    const body = await read(`/v1/stream?${queryOf(wanted())}`, mine.signal)
    retry.up()
    mirror.began()
    mirror.asked()
    state('live')
    for await (const { name, text } of eventsOf(body, mine)) {
      if (mine.signal.aborted) return
      if (name === 'retry') retryMs = Number(text)
      else hear(name, JSON.parse(text))
    }
  }

  /** What is wanted is held, all of it: only differences are asked for. */
  function queryOf({ everyone, words }: ReturnType<typeof wanted>): URLSearchParams {
    const known = everyone ? mirror.since(null) !== null : [...words].every((word) => mirror.since(word) !== null)
    return new URLSearchParams({ ...(!everyone && { users: [...words].join() }), ...(known && { since: mirror.cursor }) })
  }

  function hear(name: string, told: object): void {
    mirror.hear((name === 'presence' ? { type: name, presence: told } : { ...told, type: name }) as Told)
    if (name === 'cursor') mirror.answered()
  }

  function over(mine: AbortController, error: unknown): void {
    if (aborting !== mine) return
    aborting = null
    mirror.cut()
    const failure = error instanceof Failure ? error : null
    if (failure !== null && failure.code !== 'unavailable' && failure.code !== 'too_many') {
      closed = true
      state('ended', failure)
      return
    }
    state('waiting')
    retry.later(open, failure?.retryAfterMs ?? (failure === null ? retryMs : null))
  }

  return {
    changed,
    hurry: retry.now,
    close() {
      closed = true
      hangUp()
    },
  }
}

interface StreamEvent {
  readonly name: string
  readonly text: string
}

/** Server-sent events as they come; a server that falls silent ends them. */
async function* eventsOf(body: ReadableStream<Uint8Array>, aborting: AbortController): AsyncGenerator<StreamEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  while (true) {
    const timer = setTimeout(() => aborting.abort(), SILENT_MS_MAX)
    const { done, value } = await reader.read().finally(() => clearTimeout(timer))
    if (done) return
    const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) yield* eventIn(block)
  }
}

function* eventIn(block: string): Generator<StreamEvent> {
  const field = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const [name, text, retry] = [field('event'), field('data'), field('retry')]
  if (retry !== undefined) yield { name: 'retry', text: retry }
  if (name !== undefined && text !== undefined) yield { name, text }
}
