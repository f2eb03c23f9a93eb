import { expect, test } from 'vitest'
import type { Faults } from './simulated/cloud.ts'
import { foundWorkspace, playHistory } from './simulated/history.ts'

const [ROUNDS, ACTS] = [20, 80]

test('[F1, F3, F4, F5, F6, F7, F9, F12, F13, C1, G1] through histories of three nodes that are killed, stopped and cut off, nothing acknowledged is lost and nothing false said', {
  timeout: 120_000,
}, async () => {
  const workspace = await foundWorkspace()
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await playHistory({ seed, acts: ACTS, workspace }).catch((cause: unknown) => {
      throw new Error(`node test/nodes/simulation.ts --rounds 1 --seed ${seed} --acts ${ACTS}`, { cause })
    })
  }
})

test.for<Faults>([{ comparing: false }, { ledgerTime: false }])(
  'a ledger without one of its promises is found out: %o',
  { timeout: 60_000 },
  async (faults) => {
    const workspace = await foundWorkspace()
    const play = async (seed: number): Promise<void> => {
      await playHistory({ seed, acts: ACTS, workspace, faults })
      await play(seed + 1)
    }
    await expect(play(1)).rejects.toThrow()
  },
)
