import type { Version } from '../../core/ports.ts'
import type { Talk } from './talk.ts'

/** How long replicas may take to hold what was committed, in ms. */
const HELD_MS_MAX = 1_000

export interface Replicas {
  /** Resolves when enough replicas hold what was sent before. Throws, with words, when they do not in time. */
  hold(): Promise<void>
  /** Throws, with words, when the server that answers now has not come as far with the counters. */
  assertThere(reached: readonly { readonly counter: string; readonly version: Version }[]): Promise<void>
}

/** Asks for many commits at once: while one question is open the server answers nothing else on this connection anyway. */
export function createReplicas(talk: Talk, key: string, wanted: number): Replicas {
  let [open, next]: [Promise<void> | null, Promise<void> | null] = [null, null]

  async function ask(): Promise<void> {
    const held = Number(await talk.send(key, ['WAIT', String(wanted), String(HELD_MS_MAX)]))
    if (held < wanted) throw new Error(`only ${held} of ${wanted} replicas have confirmed it`)
  }

  async function askAfter(before: Promise<void> | null): Promise<void> {
    await before?.catch(() => {})
    open = next
    next = null
    await ask()
  }

  return {
    hold: () => (next ??= askAfter(open)),
    // After a failover in between, other replicas than those of the commit have answered.
    async assertThere(reached) {
      const found = await Promise.all(reached.map(({ counter }) => talk.send(counter, ['GET', counter])))
      if (reached.some(({ version }, i) => Number(found[i]) < version))
        throw new Error('another server took over before it was copied')
    },
  }
}
