/** How often a bar is drawn at most, in ms, and how wide it is. */
const [DRAW_MS, WIDTH] = [100, 30]

export interface Progress {
  /** `of` null: nobody knows how many there will be. */
  tell(doing: string, done: number, of: number | null): void
  /** Leaves the line as it was before. */
  end(): void
}

/** A bar on standard error, where that is a terminal; elsewhere nothing. */
export function createProgress(terminal: NodeJS.WriteStream = process.stderr): Progress {
  let drawnAt = Number.NEGATIVE_INFINITY
  if (!terminal.isTTY) return { tell: () => {}, end: () => {} }
  return {
    tell(doing, done, of) {
      if (performance.now() - drawnAt < DRAW_MS) return
      drawnAt = performance.now()
      terminal.write(`\r\u001B[K${barOf(doing, done, of)}`)
    },
    end: () => void terminal.write('\r\u001B[K'),
  }
}

function barOf(doing: string, done: number, of: number | null): string {
  const count = done.toLocaleString('en')
  if (of === null || of === 0) return `${doing} ${count}`
  const share = Math.min(1, done / of)
  const filled = Math.round(share * WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
  return `${doing} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${count} of ${of.toLocaleString('en')}`
}
