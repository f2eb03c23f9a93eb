import type { Attended } from '../core/service.ts'
import type { Instant } from '../core/vocabulary.ts'
import type { FarAttendance } from './commands.ts'

/** Without input for this long, in ms, nobody is at the page. */
const IDLE_AFTER_MS = 300_000
/** While there is input, the server hears of it so often, in ms: it times idleness too. */
const SAY_MS = 30_000
/** While there is input, other tabs hear of it so often, in ms. */
const TELL_MS = 1_000

const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'scroll', 'focus'] as const

/** What is used of a browser's window; its tabs find each other through the platform's own channels and locks. */
export interface Page extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly document?: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> & { readonly visibilityState: string }
}

export interface ActivityParts {
  /** A client of the user's own token. */
  readonly client: { readonly commands: { attend(attendance: FarAttendance): Attended }; readonly tail: string }
  /** What the page is; its tabs share one session under this name. */
  readonly app?: string
  readonly platform?: string
  readonly idleAfterMs?: number
  readonly sayMs?: number
  /** The window; another one in tests. */
  readonly page?: Page
}

/**
 * Makes the user of a page present while it is open, and idle while nobody is at it. Of several tabs one speaks for all; when it
 * goes, another takes its session over. Answers how to stop.
 */
export function reportActivity({
  client,
  app = 'web',
  platform = 'web',
  idleAfterMs = IDLE_AFTER_MS,
  sayMs = SAY_MS,
  page = globalThis as unknown as Page,
}: ActivityParts): () => void {
  const name = `rollcall ${app} ${client.tail}`
  const channel = new BroadcastChannel(name)
  const stopping = new AbortController()
  let lastInputAt: Instant = Date.now()
  let toldAt = 0
  let speaking: Speaker | null = null
  /** Of the tab that speaks; whoever speaks next takes it over, also before the server has seen the other one go. */
  let sessionId: string | null = null

  function seen(at: Instant): void {
    lastInputAt = Math.max(lastInputAt, at)
    speaking?.look()
  }

  function input(): void {
    const now = Date.now()
    seen(now)
    if (speaking !== null || now - toldAt < TELL_MS) return
    toldAt = now
    channel.postMessage(now)
  }

  function began(id: string): void {
    sessionId = id
    if (!stopping.signal.aborted) channel.postMessage(id)
  }

  /** Of other tabs: when there was input, which session it is, or (null) that they want to know. */
  function hear(said: unknown): void {
    if (typeof said === 'number') seen(said)
    else if (typeof said === 'string') sessionId = said
    else if (speaking !== null && sessionId !== null) channel.postMessage(sessionId)
  }

  const shown = (): void => void (page.document?.visibilityState === 'visible' && input())

  /** Resolves when this tab speaks no more. */
  async function speak(): Promise<void> {
    if (stopping.signal.aborted) return
    const attended = client.commands.attend({ app, platform, resumes: sessionId, began, ended: stop })
    speaking = createSpeaker({ attended, lastInputAt: () => lastInputAt, idleAfterMs, sayMs })
    await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve))
    speaking.stop()
    speaking = null
    // Whoever waits takes the session over; it must not end in between.
    if (await isAwaited(name)) attended.cut()
    else attended.leave()
  }

  function stop(): void {
    for (const event of INPUTS) page.removeEventListener(event, input)
    page.document?.removeEventListener('visibilitychange', shown)
    channel.close()
    stopping.abort()
  }

  channel.onmessage = ({ data }: { readonly data: unknown }) => hear(data)
  channel.postMessage(null)
  for (const event of INPUTS) page.addEventListener(event, input, { capture: true, passive: true })
  page.document?.addEventListener('visibilitychange', shown)
  const { locks } = navigator as { readonly locks?: Locks }
  // Pages that are not served securely have no locks: each of their tabs speaks for itself.
  const spoken = locks === undefined ? speak() : locks.request(name, { signal: stopping.signal }, speak)
  spoken.catch(() => undefined)
  return stop
}

interface Speaker {
  look(): void
  stop(): void
}

interface SpeakerParts {
  readonly attended: Attended
  readonly lastInputAt: () => Instant
  readonly idleAfterMs: number
  readonly sayMs: number
}

/** Says active when it begins, when somebody comes back, and so often in between; idle once nobody was there for long enough. */
function createSpeaker({ attended, lastInputAt, idleAfterMs, sayMs }: SpeakerParts): Speaker {
  let said: { readonly idle: boolean; readonly at: Instant } | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    const now = Date.now()
    const idle = now - lastInputAt() >= idleAfterMs
    const isNews = said === null || said.idle !== idle || (!idle && now - said.at >= sayMs)
    if (isNews) {
      said = { idle, at: now }
      if (idle) attended.idle(lastInputAt())
      else attended.active()
    }
    clearTimeout(timer)
    if (!idle) timer = setTimeout(look, lastInputAt() + idleAfterMs - Date.now())
  }

  look()
  return { look, stop: () => clearTimeout(timer) }
}

interface Locks {
  request(name: string, options: { readonly signal: AbortSignal }, held: () => Promise<void>): Promise<void>
  query(): Promise<{ readonly pending?: readonly { readonly name?: string }[] }>
}

async function isAwaited(name: string): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: Locks }
  const { pending = [] } = (await locks?.query()) ?? {}
  return pending.some((one) => one.name === name)
}
