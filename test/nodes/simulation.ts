import { parseArgs } from 'node:util'
import { foundWorkspace, playHistory } from './simulated/history.ts'

/* The long run: `node test/nodes/simulation.ts --rounds 500 --seed 1`. What fails is played again with `--rounds 1` and its seed. */

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' }, acts: { type: 'string' } } })
const [rounds, seed, acts] = [Number(values.rounds ?? 500), Number(values.seed ?? 1), Number(values.acts ?? 80)]
const workspace = await foundWorkspace()
let [commits, acknowledged] = [0, 0]

for (let round = 0; round < rounds; round++) {
  try {
    const figures = await playHistory({ seed: seed + round, acts, workspace })
    commits += figures.commits
    acknowledged += figures.acknowledged
  } catch (error) {
    console.error(`seed ${seed + round}, ${acts} acts:`, error)
    process.exit(1)
  }
}
console.log(
  `${rounds} histories of three nodes, ${acts} acts each: ${acknowledged} statements acknowledged, ${commits} commits, no disagreement`,
)
