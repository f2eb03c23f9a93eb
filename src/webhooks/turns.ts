/** Lets so many work at once; whoever comes later waits in order. */
export interface Turns {
  take<Answer>(work: () => Promise<Answer>): Promise<Answer>
}

export function createTurns(atOnceMax: number): Turns {
  const waiting: (() => void)[] = []
  let taken = 0

  function next(): void {
    const first = waiting.shift()
    if (first === undefined) taken--
    else first()
  }

  return {
    async take(work) {
      if (taken < atOnceMax) taken++
      else await new Promise<void>((resolve) => void waiting.push(resolve))
      try {
        return await work()
      } finally {
        next()
      }
    },
  }
}
