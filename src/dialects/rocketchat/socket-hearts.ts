/** After this long without a word from a client, in ms, it is pinged; after as long again its connection is over. */
export const SILENCE_MS_MAX = 30_000
const LOOK_MS = 1_000

/** One connection's sign of life. */
export interface Heart {
  /** The client said something. */
  heard(): void
  stop(): void
}

export interface HeartParts {
  /** It was silent for SILENCE_MS_MAX. */
  silent(): void
  /** It was silent for that long again. */
  dead(): void
}

export interface Hearts {
  add(parts: HeartParts): Heart
  /** Looks at all of them now; done each second while there are any. */
  look(): void
}

/** All connections under one timer. `now`: any clock that only goes forward, in ms. */
export function createHearts({ now }: { readonly now: () => number }): Hearts {
  const hearts = new Set<Beating>()
  let timer: NodeJS.Timeout | null = null

  function look(): void {
    const at = now()
    for (const heart of hearts) {
      const silence = at - heart.heardAt
      if (silence >= 2 * SILENCE_MS_MAX) heart.dead()
      else if (silence >= SILENCE_MS_MAX && !heart.pinged) {
        heart.pinged = true
        heart.silent()
      }
    }
  }

  return {
    look,
    add({ silent, dead }) {
      const heart: Beating = { heardAt: now(), pinged: false, silent, dead }
      hearts.add(heart)
      timer ??= setInterval(look, LOOK_MS).unref()
      return {
        heard() {
          heart.heardAt = now()
          heart.pinged = false
        },
        stop() {
          hearts.delete(heart)
          if (hearts.size > 0 || timer === null) return
          clearInterval(timer)
          timer = null
        },
      }
    },
  }
}

interface Beating extends HeartParts {
  heardAt: number
  pinged: boolean
}
