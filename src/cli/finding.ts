/** One thing that was looked at. `wrong`: it does not work so; `doubtful`: it works, but not as well as it should. */
export interface Finding {
  readonly state: 'fine' | 'doubtful' | 'wrong'
  readonly about: string
  readonly says: string
  /** What to do; null: nothing. */
  readonly remedy: string | null
}

export const fine = (about: string, says: string): Finding => ({ state: 'fine', about, says, remedy: null })
export const doubtful = (about: string, says: string, remedy: string): Finding => ({ state: 'doubtful', about, says, remedy })
export const wrong = (about: string, says: string, remedy: string): Finding => ({ state: 'wrong', about, says, remedy })
