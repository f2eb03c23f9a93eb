import { setImmediate as rest } from 'node:timers/promises'
import { SLICE_MS } from './limits.ts'

/** Works on many in short pieces, between which everything else has its turn; also on those that come in the meantime. */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let began = performance.now()
  for (const item of items) {
    work(item)
    if (performance.now() - began < SLICE_MS) continue
    await rest()
    began = performance.now()
  }
}
