import { type Crowd, type CrowdParts, createCrowd } from './crowd.ts'
import { readTruth } from './mirrors.ts'
import type { Figures } from './tally.ts'
import { createWriter, type Writer, type Written } from './writer.ts'

/* The load, in a process of its own: its parent names what to do, one thing after the other. */

export type Orders = typeof orders
export type Order = { readonly [Name in keyof Orders]: readonly [name: Name, ...asked: Parameters<Orders[Name]>] }[keyof Orders]

let crowd: Crowd | null = null
let writer: Writer | null = null
let told: Pick<CrowdParts, 'url' | 'users'> = { url: '', users: 0 }

const orders = {
  /** A new crowd for a server, nobody in it yet. */
  async begin(parts: Omit<CrowdParts, 'dueAt'>, writes: boolean): Promise<void> {
    await orders.end()
    told = parts
    writer = writes ? createWriter(parts.url) : null
    crowd = createCrowd({ ...parts, dueAt: (note) => writer?.dueAt(note) ?? 0 })
  },
  open: async (options: Parameters<Crowd['open']>[0]): Promise<number> => here(crowd).open(options),
  write: async (options: Parameters<Writer['run']>[0]): Promise<Written> => here(writer).run(options),
  async reset(): Promise<void> {
    here(crowd).tally.reset()
  },
  figures: async (): Promise<Figures> => here(crowd).tally.figures(),
  settle: async (quietMs?: number): Promise<void> => here(crowd).settle(quietMs),
  connected: async (): Promise<number> => here(crowd).connected,
  async stall(share: number, on: boolean): Promise<void> {
    here(crowd).stall(share, on)
  },
  async cutAll(): Promise<void> {
    here(crowd).cutAll()
  },
  wrong: async (): Promise<number> => here(crowd).wrong(await readTruth(told.url, told.users)),
  async end(): Promise<void> {
    writer?.close()
    crowd?.close()
    writer = null
    crowd = null
  },
}

process.on('message', ([name, ...asked]: Order) => {
  const work = (orders[name] as (...asked: readonly unknown[]) => Promise<unknown>)(...asked)
  work.then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
process.on('disconnect', () => process.exit())

function here<Part>(part: Part | null): Part {
  if (part === null) throw new Error('nothing has begun')
  return part
}
