import { test } from 'vitest'
import { simulate } from './simulation.ts'

const ROUNDS = 60
const ACTS = 60

test('[Q7, Q11, Q13, W1, C1, G5] through histories of sessions, claims, cuts, restarts and clocks that jump, nothing false is shown or told', async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await simulate(seed, ACTS).catch((cause: unknown) => {
      throw new Error(`node test/simulation/run.ts --rounds 1 --seed ${seed} --acts ${ACTS}`, { cause })
    })
  }
})
