import type { Comparison } from './rounds.ts'

const FIRST_WIDTH = 30
const WIDTH = 13

/** Prints one row; the first column is a name, the others stand on the right of theirs. */
export function row(name: string, ...cells: readonly string[]): void {
  console.log(name.padEnd(FIRST_WIDTH) + cells.map((cell) => cell.padStart(WIDTH)).join(''))
}

/** A figure with its goal, and whether it was reached. */
export function goal(reached: boolean, words: string): string {
  return `${reached ? '' : '! '}${words}`
}

/** The cells of a comparison: CPU of both and their ratio, rates of both and their ratio, our slowest percent. */
export const cellsOf = ({ ours, theirs, cpuRatio, rateRatio }: Comparison): readonly string[] => [
  ours.cpuMicroseconds.toFixed(1),
  theirs.cpuMicroseconds.toFixed(1),
  cpuRatio.toFixed(2),
  ours.perSecond.toFixed(0),
  theirs.perSecond.toFixed(0),
  rateRatio.toFixed(2),
  ours.p99.toFixed(2),
]
