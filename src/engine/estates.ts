import type { Subjects } from '../core/ports.ts'
import type { Nodes } from './nodes.ts'
import type { Roster } from './roster.ts'
import type { Sessions } from './sessions.ts'
import type { Slices } from './slices.ts'

export interface EstatesParts {
  readonly nodes: Nodes
  readonly subjects: Subjects
  readonly roster: Roster
  readonly sessions: Sessions
  readonly slices: Slices
}

/** What nodes leave behind when they are gone: one of the others looks for their sessions, and gives them up again when they return. */
export function createEstates({ nodes, subjects, roster, sessions, slices }: EstatesParts): { start(): void } {
  let known: ReadonlySet<string> = new Set()
  let started = false

  nodes.onChange(({ reborn }) => {
    if (!started) return
    if (reborn) sessions.reclaim()
    review()
  })

  function review(): void {
    const now = new Set(nodes.estates())
    for (const node of known) if (!now.has(node)) sessions.release(node)
    const isMore = [...now].some((node) => !known.has(node))
    known = now
    if (isMore) search()
  }

  function search(): void {
    void slices.each(roster.withFacts(), (slot) => {
      const userId = subjects.idAt(slot)
      if (userId !== null) sessions.restore(userId, roster.recordInPassing(slot))
    })
  }

  return {
    start() {
      started = true
      review()
    },
  }
}
