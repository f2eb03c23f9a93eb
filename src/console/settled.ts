/** One choice of the reader's, kept in this browser; where nothing may be kept, it holds until the page is left. */
export function kept(name: string, store: () => Storage = () => localStorage) {
  const key = `rollcall-${name}`
  return {
    read(): string | null {
      try {
        return store().getItem(key)
      } catch {
        return null
      }
    },
    write(value: string | null): void {
      try {
        if (value === null) store().removeItem(key)
        else store().setItem(key, value)
      } catch {
        // A browser that keeps nothing still shows everything.
      }
    },
  }
}
