import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'

/* The long run: `node test/simulation/run.ts --rounds 10000 --seed 1`. What fails is played again with `--rounds 1` and its seed. */

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' }, acts: { type: 'string' } } })
const [rounds, seed, acts] = [Number(values.rounds ?? 1_000), Number(values.seed ?? 1), Number(values.acts ?? 60)]

for (let round = 0; round < rounds; round++) {
  try {
    await simulate(seed + round, acts)
  } catch (error) {
    console.error(`seed ${seed + round}, ${acts} acts:`, error)
    process.exit(1)
  }
}
console.log(`${rounds} histories of ${acts} acts: nothing false was shown or told`)
