import { PING_AFTER_MS, SILENT_MS_MAX, UNTAKEN_MS_MAX } from './limits.ts'

/** What is looked after of one connection. */
export interface Line {
  /** Bytes handed over and bytes of them not taken yet. */
  readonly handedBytes: () => number
  readonly waitingBytes: () => number
  ping(): void
  /** The peer is gone without a word. */
  dead(): void
  /** The peer does not take what it is sent. */
  slow(): void
  /** The second's messages are counted anew. */
  rested(): void
}

/** Looks after all connections: who is silent is pinged, who is dead or does not read is given up. */
export interface Lifelines {
  /** Answers how to stop looking. */
  add(line: Line): Lifeline
  stop(): void
}

export interface Lifeline {
  /** Something came from the peer. */
  heard(): void
  /** Something was written that the peer has not taken at once. */
  untaken(): void
  /** It sends too much: `rested` is called with the next second. */
  tired(): void
  stop(): void
}

const LOOK_MS = 1_000
/** Each connection is looked at once in so many looks; the work is spread over them. */
const TURNS = 20

interface Watched {
  readonly line: Line
  silentMs: number
  takenBytes: number
  untakenMs: number
}

export function createLifelines(): Lifelines {
  const turns = Array.from({ length: TURNS }, () => new Set<Watched>())
  const untaken = new Set<Watched>()
  const tired = new Set<Watched>()
  let turn = 0
  let added = 0

  function listen(watched: Watched): void {
    watched.silentMs += LOOK_MS * TURNS
    if (watched.silentMs > SILENT_MS_MAX) watched.line.dead()
    else if (watched.silentMs >= PING_AFTER_MS) watched.line.ping()
  }

  function inspect(watched: Watched): void {
    const { line } = watched
    const waiting = line.waitingBytes()
    if (waiting === 0) return void untaken.delete(watched)
    const taken = line.handedBytes() - waiting
    watched.untakenMs = taken > watched.takenBytes ? 0 : watched.untakenMs + LOOK_MS
    watched.takenBytes = taken
    if (watched.untakenMs >= UNTAKEN_MS_MAX) line.slow()
  }

  const timer = setInterval(() => {
    turn = (turn + 1) % TURNS
    for (const watched of turns[turn] ?? []) listen(watched)
    for (const watched of untaken) inspect(watched)
    for (const watched of tired) watched.line.rested()
    tired.clear()
  }, LOOK_MS)
  timer.unref()

  return {
    add(line) {
      const watched: Watched = { line, silentMs: 0, takenBytes: 0, untakenMs: 0 }
      const home = turns[added++ % TURNS]
      home?.add(watched)
      return {
        heard() {
          watched.silentMs = 0
        },
        untaken() {
          if (untaken.has(watched)) return
          watched.untakenMs = 0
          untaken.add(watched)
        },
        tired: () => void tired.add(watched),
        stop() {
          home?.delete(watched)
          untaken.delete(watched)
          tired.delete(watched)
        },
      }
    },
    stop: () => clearInterval(timer),
  }
}
