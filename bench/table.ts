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
