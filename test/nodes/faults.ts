import { parseArgs } from 'node:util'
import { createChance } from '../simulation/chance.ts'
import { SCENARIOS } from './scenarios.ts'

/* The long run, on real processes: `node test/nodes/faults.ts --rounds 20 --seed 1 [--only failover]`. */

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } } })
const [rounds, seed] = [Number(values.rounds ?? 20), Number(values.seed ?? 1)]

for (const [name, play] of Object.entries(SCENARIOS)) {
  if (values.only !== undefined && values.only !== name) continue
  const { below } = createChance(seed)
  const count = await play(rounds, () => below(1_000) / 1_000)
  console.log(`${name}: ${rounds} rounds, ${count} statuses acknowledged, none lost; all nodes agreed`)
}
