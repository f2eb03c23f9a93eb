import { Failure } from '../core/errors.ts'
import type { DirectoryKeys } from '../core/keys.ts'
import type { StoreFormat } from '../core/ports.ts'
import type { SessionOwner } from '../core/record.ts'
import type { Instant } from '../core/vocabulary.ts'
import { DUTIES, type Duty, type Nodes } from './nodes.ts'
import { encodeWords, type NodeWords, ownerIn, READS_AT_FIRST, wordsIn } from './nodeWords.ts'

/** Renewals within one lease: some may be late or lost. */
const RENEWALS = 5
/** How soon a renewal that failed is tried again, in ms: a ledger that is back should not find all nodes fenced for long. */
const RETRY_MS = 200
/** How long the name of a node that is gone is kept, in ms. */
const FORGOTTEN_MS = 24 * 60 * 60 * 1000
/** How long saying goodbye may take, in ms. */
const LEAVE_MS_MAX = 2_000

export interface FleetParts {
  readonly keys: DirectoryKeys
  /** This node's; no two processes at a time may have it. */
  readonly name: string
  /** Whether the incarnation that has the name is known to be over: nobody waits for that to show. */
  readonly isOver?: (incarnation: number) => boolean
  /** How long a node is believed in without news, in ms. */
  readonly leaseMs: number
  /** Ledger time. */
  readonly now: () => Instant
  /** This machine's monotonic clock, in ms: leases are judged by it alone. */
  readonly monotonic?: () => number
  /** The store's format, where nodes of several versions share it. */
  readonly format?: StoreFormat | undefined
  /** Another process took this node's name while this one was not believed. */
  readonly onSuperseded: () => void
  readonly log: { warn(details: object, message: string): void }
}

export interface Fleet extends Nodes {
  /** Everything is loaded and followed: takes the name. Throws Failure `conflict` when another live process has it. */
  start(): Promise<void>
  /** Why this node's word on its sessions counts for nothing now; null: it counts. */
  fenced(): string | null
  /** From now on the sessions here may be taken by others; resolves once they know. */
  leave(): Promise<void>
}

interface Known {
  readonly words: NodeWords
  readonly version: number
  /** When its last renewal was heard, by the monotonic clock. */
  heardAt: number
}

/**
 * The nodes that share one ledger. Each renews a lease by a small write, and is given up by a write of another's: who is
 * gone is the same for all. Made before loading, so that it gets its keys.
 */
export function createFleet(parts: FleetParts): Fleet {
  const { keys, name, leaseMs, now, monotonic = () => performance.now(), format, isOver = () => false, onSuperseded, log } = parts
  const renewMs = leaseMs / RENEWALS
  const nodes = new Map<string, Known>()
  const duties = new Map<string, { readonly holder: SessionOwner; readonly version: number }>()
  const listeners: Parameters<Nodes['onChange']>[0][] = []
  const reads = format?.reads ?? READS_AT_FIRST
  let self: SessionOwner = { node: name, incarnation: 0 }
  /** What was asked for last, and all that was since an answer came: each may have been written all the same. */
  let wanted = 0
  const asked = new Set<number>()
  let renewedAt = Number.NEGATIVE_INFINITY
  let rebornAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | null = null
  let working: Promise<void> = Promise.resolve()
  let left = false

  keys.hold('node', (node, value, version, told) => {
    const before = nodes.get(node)
    const words = value === null ? null : wordsIn(value)
    if (words === null) nodes.delete(node)
    else nodes.set(node, { words, version, heardAt: monotonic() })
    if (told && (before?.words.incarnation !== words?.incarnation || before?.words.goneAt !== words?.goneAt)) tell()
  })
  keys.hold('duty', (duty, value, version, told) => {
    if (value === null) duties.delete(duty)
    else duties.set(duty, { holder: ownerIn(value), version })
    if (told) tell()
  })

  function tell(reborn = false): void {
    for (const listener of listeners) listener({ reborn })
  }

  const goneAt = (node: string): Instant | null => nodes.get(node)?.words.goneAt ?? null
  const isPresent = ({ node, incarnation }: SessionOwner): boolean => {
    const words = nodes.get(node)?.words
    return words?.incarnation === incarnation && words.goneAt === null
  }
  const has = (duty: Duty): boolean => {
    const { holder } = duties.get(duty) ?? {}
    return holder?.node === name && holder.incarnation === self.incarnation && isPresent(holder)
  }
  const fenced = (): string | null =>
    monotonic() - renewedAt > leaseMs ? 'this node could not renew its lease, and may have been given up by the others' : null

  /** A name that was in use a moment ago may be that of a process that was killed: then nobody renews it. */
  async function awaitSilence(): Promise<void> {
    const before = nodes.get(name)
    if (before?.words.goneAt !== null || isOver(before.words.incarnation)) return
    await new Promise((resolve) => setTimeout(resolve, renewMs * 2.5))
    const after = nodes.get(name)
    if (after?.words.goneAt === null && after.version !== before.version) throw nameTaken(name)
  }

  async function take(): Promise<void> {
    await awaitSilence()
    const sentAt = monotonic()
    const found = nodes.get(name)
    const incarnation = Math.max((found?.words.incarnation ?? 0) + 1, now())
    await keys.change(() => {
      const known = nodes.get(name)
      if (known?.version !== found?.version && known?.words.goneAt === null) throw nameTaken(name)
      return { writes: [wordsOf(name, { incarnation, goneAt: null, reads }, known?.version ?? 0)], answer: null }
    })
    self = { node: name, incarnation }
    listenAnew()
    renewedAt = sentAt
  }

  /** Answers when it was sent. */
  async function renew(): Promise<number> {
    const sentAt = monotonic()
    const incarnation = await keys.change(() => {
      const { words: known, version = 0 } = nodes.get(name) ?? {}
      if (known !== undefined && known.incarnation !== self.incarnation && !asked.has(known.incarnation)) throw nameTaken(name)
      const isBelieved = known !== undefined && known.goneAt === null
      // One that was written, and whose answer was lost, is wanted still: another one would not be known again as this process.
      const isUnderWay = wanted > self.incarnation && wanted > (known?.incarnation ?? 0)
      if (isBelieved) wanted = known.incarnation
      else if (!isUnderWay) wanted = Math.max(self.incarnation + 1, wanted + 1, now())
      asked.add(wanted)
      return { writes: [wordsOf(name, { incarnation: wanted, goneAt: null, reads }, version)], answer: wanted }
    })
    asked.clear()
    // Who did not run, or was cut off, has not heard of anybody, and judges nobody by it.
    if (sentAt - renewedAt > leaseMs / 2) listenAnew()
    renewedAt = sentAt
    if (incarnation !== self.incarnation) {
      log.warn({ node: name, incarnation }, 'This node had been given up by the others; it goes on in a new incarnation.')
      self = { node: name, incarnation }
      rebornAt = monotonic()
      tell(true)
    }
    return sentAt
  }

  function listenAnew(): void {
    for (const known of nodes.values()) known.heardAt = monotonic()
  }

  /** An own renewal arrives with all that was committed before it was sent: whoever was not heard of by then, did not renew. */
  async function judge(sentAt: number): Promise<void> {
    for (const [node, { words, version, heardAt }] of nodes) {
      if (node === name) continue
      const { goneAt } = words
      const silentMs = sentAt - heardAt
      if (goneAt === null && silentMs > leaseMs + renewMs) {
        log.warn({ node, silentMs: Math.round(silentMs) }, 'A node is not heard of any more, and is given up.')
        await replace(node, version, wordsOf(node, { ...words, goneAt: now() }, version))
      } else if (goneAt !== null && now() - goneAt > FORGOTTEN_MS && has('sessions')) {
        await replace(node, version, { key: `node/${node}`, value: null, expects: version })
      }
    }
  }

  /** Unless something else was heard of the node meanwhile. */
  async function replace(node: string, version: number, write: ReturnType<typeof wordsOf>): Promise<void> {
    await keys.change(() => ({ writes: nodes.get(node)?.version === version ? [write] : [], answer: null }))
  }

  async function takeDuties(): Promise<void> {
    for (const duty of DUTIES)
      await keys.change(() => {
        const known = duties.get(duty)
        const isHeld = known !== undefined && isPresent(known.holder)
        const write = { key: `duty/${duty}`, value: encodeWords(self), expects: known?.version ?? 0 }
        return { writes: isHeld ? [] : [write], answer: null }
      })
  }

  async function round(): Promise<void> {
    await judge(await renew())
    await takeDuties()
    if (has('sessions')) await format?.raise(readByAll())
  }

  /** The newest format that every known node reads; one that is gone may be started again as it was. */
  const readByAll = (): number => Math.min(reads, ...[...nodes.values()].map(({ words }) => words.reads))

  function again(afterMs: number): void {
    timer = setTimeout(() => {
      working = round()
        .then(() => renewMs, failed)
        .then((nextMs) => void (left || again(nextMs)))
    }, afterMs).unref()
  }

  /** Answers after how many ms there is another round. */
  function failed(error: unknown): number {
    if (!(error instanceof Failure)) log.warn({ err: error }, 'A round of the nodes failed; there is another one soon.')
    else if (error.reason === 'taken') supersede()
    return Math.min(renewMs, RETRY_MS)
  }

  function supersede(): void {
    left = true
    renewedAt = Number.NEGATIVE_INFINITY
    log.warn({ node: name }, 'Another process has taken the name of this node.')
    onSuperseded()
  }

  async function goodbye(): Promise<void> {
    await working
    await keys.change(() => {
      const known = nodes.get(name)
      const isOurs = known?.words.incarnation === self.incarnation && known.words.goneAt === null
      return { writes: isOurs ? [wordsOf(name, { ...known.words, goneAt: now() }, known.version)] : [], answer: null }
    })
  }

  return {
    async start() {
      await take()
      await takeDuties()
      again(renewMs)
    },
    self: () => self,
    fenced,
    assertBelieved() {
      const why = fenced()
      if (why !== null) throw new Failure('unavailable', `Nothing is said of sessions: ${why}.`, { reason: 'ledger_away' })
    },
    isDoubted: () => fenced() !== null || monotonic() - rebornAt < leaseMs,
    meet(node) {
      if (node !== name && !nodes.has(node)) nodes.set(node, { words: UNHEARD, version: 0, heardAt: monotonic() })
    },
    goneAt,
    estates: () => (has('sessions') ? [...nodes.keys()].filter((node) => node !== name && goneAt(node) !== null) : []),
    tends: (node) => node === name || (goneAt(node) !== null && has('sessions')),
    holds: (duty) => has(duty) && fenced() === null,
    onChange: (listener) => void listeners.push(listener),
    async leave() {
      if (left) return
      left = true
      clearTimeout(timer ?? undefined)
      const patience = new Promise<void>((resolve) => setTimeout(resolve, LEAVE_MS_MAX).unref())
      await Promise.race([goodbye().catch(() => {}), patience])
    },
  }
}

/** Of a node that is named in the facts alone. */
const UNHEARD: NodeWords = { incarnation: 0, goneAt: null, reads: READS_AT_FIRST }

function wordsOf(node: string, words: NodeWords, expects: number) {
  return { key: `node/${node}`, value: encodeWords(words) as Uint8Array | null, expects }
}

const nameTaken = (name: string): Failure =>
  new Failure('conflict', `another process is the node "${name}": give each its own name by ROLLCALL_NODE`, { reason: 'taken' })
