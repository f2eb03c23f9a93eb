import type { SessionOwner } from '../core/record.ts'
import type { Instant } from '../core/vocabulary.ts'

/** Work that one node at a time does. */
export const DUTIES = ['sessions', 'webhooks', 'retention'] as const
export type Duty = (typeof DUTIES)[number]

/** Which nodes there are, as this one knows it. */
export interface Nodes {
  /** This node, in its present incarnation. */
  self(): SessionOwner
  /** Throws Failure `unavailable` when this node may have been given up by the others: what it would write of its sessions may be old. */
  assertBelieved(): void
  /** The others may take this node for gone, or did a moment ago: what they took over meanwhile says nothing of who is connected here. */
  isDoubted(): boolean
  /** A node's name was found in the facts. */
  meet(node: string): void
  /** Since when a node has been gone, for all to know; null: it is not. */
  goneAt(node: string): Instant | null
  /** Nodes that are gone, and whose sessions are this one's to end. */
  estates(): readonly string[]
  /** Whether this node looks after the sessions that name that one. */
  tends(node: string): boolean
  holds(duty: Duty): boolean
  /** Told after nodes came or went, duties changed hands, or this node has a new incarnation. */
  onChange(listener: (change: { readonly reborn: boolean }) => void): void
}

const ONLY = 'single'

/** The node of a ledger that only one process can hold: whatever it finds there is its own. */
export function createOnlyNode({ now }: { readonly now: () => Instant }): Nodes {
  let self: SessionOwner | null = null
  return {
    self: () => (self ??= { node: ONLY, incarnation: now() }),
    assertBelieved: () => {},
    isDoubted: () => false,
    meet: () => {},
    goneAt: (node) => (node === ONLY ? null : 0),
    estates: () => [],
    tends: () => true,
    holds: () => true,
    onChange: () => {},
  }
}
