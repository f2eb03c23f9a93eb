import { PING_AFTER_MS, SILENT_MS_MAX, UNTAKEN_MS_MAX } from './limits.ts'

/** How connections of one kind are looked after, whichever `peer` it is. */
export interface Care<Peer> {
  /** Bytes handed over and bytes of them not taken yet. */
  handedBytes(peer: Peer): number
  waitingBytes(peer: Peer): number
  ping(peer: Peer): void
  /** The peer is gone without a word. */
  dead(peer: Peer): void
  /** The peer does not take what it is sent. */
  slow(peer: Peer): void
  /** The second's messages are counted anew. */
  rested(peer: Peer): void
}

/** One connection as it is looked after. */
export interface Lifeline {
  readonly care: Care<unknown>
  readonly peer: unknown
  readonly turn: number
  silentMs: number
  takenBytes: number
  untakenMs: number
}

/** Looks after all connections: who is silent is pinged, who is dead or does not read is given up. */
export interface Lifelines {
  add<Peer>(care: Care<Peer>, peer: Peer): Lifeline
  /** Something was written that the peer has not taken at once. */
  untaken(line: Lifeline): void
  /** It sends too much: `rested` is called with the next second. */
  tired(line: Lifeline): void
  remove(line: Lifeline): void
  stop(): void
}

/** Something came from the peer. */
export function heard(line: Lifeline): void {
  line.silentMs = 0
}

const LOOK_MS = 1_000
/** Each connection is looked at once in so many looks; the work is spread over them. */
const TURNS = 20

export function createLifelines(): Lifelines {
  const turns = Array.from({ length: TURNS }, () => new Set<Lifeline>())
  const untaken = new Set<Lifeline>()
  const tired = new Set<Lifeline>()
  let turn = 0
  let added = 0

  function inspect(line: Lifeline): void {
    const { care, peer } = line
    const waiting = care.waitingBytes(peer)
    if (waiting === 0) return void untaken.delete(line)
    const taken = care.handedBytes(peer) - waiting
    line.untakenMs = taken > line.takenBytes ? 0 : line.untakenMs + LOOK_MS
    line.takenBytes = taken
    if (line.untakenMs >= UNTAKEN_MS_MAX) care.slow(peer)
  }

  const timer = setInterval(() => {
    turn = (turn + 1) % TURNS
    for (const line of turns[turn] ?? []) listen(line)
    for (const line of untaken) inspect(line)
    for (const { care, peer } of tired) care.rested(peer)
    tired.clear()
  }, LOOK_MS)
  timer.unref()

  return {
    add(care, peer) {
      const line = { care, peer, turn: added++ % TURNS, silentMs: 0, takenBytes: 0, untakenMs: 0 }
      turns[line.turn]?.add(line)
      return line
    },
    untaken(line) {
      if (untaken.has(line)) return
      line.untakenMs = 0
      untaken.add(line)
    },
    tired: (line) => void tired.add(line),
    remove(line) {
      turns[line.turn]?.delete(line)
      untaken.delete(line)
      tired.delete(line)
    },
    stop: () => clearInterval(timer),
  }
}

function listen(line: Lifeline): void {
  const { care, peer } = line
  line.silentMs += LOOK_MS * TURNS
  if (line.silentMs > SILENT_MS_MAX) care.dead(peer)
  else if (line.silentMs >= PING_AFTER_MS) care.ping(peer)
}
