/** How long an end may take in all, in ms; what still hangs then is cut. Nothing acknowledged is lost by it. */
const ENDING_MS_MAX = 9_000

/** Another process has this node's name, or no worker comes to serve: a supervisor starts it again. */
export type Trouble = 'superseded' | 'nobody serves'

export interface Ending {
  readonly asked: Promise<NodeJS.Signals | Trouble>
  readonly isAsked: boolean
  ask(why: Trouble): void
}

/** Hears SIGTERM and SIGINT from now on. Only the first counts: npm passes on the one that the whole group got already. */
export function createEnding(): Ending {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals | Trouble>()
  let isAsked = false
  const ask = (why: NodeJS.Signals | Trouble): void => {
    if (!isAsked) setTimeout(() => process.exit(1), ENDING_MS_MAX).unref()
    isAsked = true
    resolve(why)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, ask)
  // A process that only runs dry stops hearing signals before it is gone, and the second one would kill it.
  process.once('beforeExit', () => process.exit())
  return {
    asked: promise,
    get isAsked() {
      return isAsked
    },
    ask,
  }
}
