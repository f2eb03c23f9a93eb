/** How long the same problem is told of once, in ms. */
export const REPEATED_MS = 60_000
/** Problems known at once; those beyond are told each time. */
export const PROBLEMS_MAX = 1_000

/** Holds back what was told a moment ago, and tells how often it was held back. */
export interface Repeated {
  isHeld(message: string, details: object | null): boolean
}

export function createRepeated(tell: (message: string, times: number) => void): Repeated {
  const times = new Map<string, number>()
  return {
    isHeld(message, details) {
      const problem = `${message} ${wordsOf(details)}`
      const known = times.get(problem)
      if (known !== undefined) {
        times.set(problem, known + 1)
        return true
      }
      if (times.size >= PROBLEMS_MAX) return false
      times.set(problem, 0)
      setTimeout(() => {
        const held = times.get(problem) ?? 0
        times.delete(problem)
        if (held > 0) tell(message, held)
      }, REPEATED_MS).unref()
      return false
    },
  }
}

/** What makes two problems the same: where they are, and what went wrong. */
function wordsOf(details: object | null): string {
  const { route, path, webhookId, why, err, error } = (details ?? {}) as Readonly<Record<string, unknown>>
  const failed = err ?? error
  return [route, path, webhookId, why, failed instanceof Error ? failed.message : failed].filter(Boolean).join(' ')
}
