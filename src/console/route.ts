import { effect, signal } from '@preact/signals'

/** Where the reader is: the parts of the address behind `#/`. */
export const route = signal<readonly string[]>(partsOf(location.hash))

addEventListener('hashchange', () => {
  route.value = partsOf(location.hash)
})

export const go = (...parts: readonly string[]): void => {
  location.hash = hrefOf(...parts)
}

/** The address of a page. */
export const hrefOf = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`

function partsOf(hash: string): readonly string[] {
  try {
    return hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return []
  }
}

/** Whoever comes to another page is told its title, and begins to read there. */
export function followTitle(): void {
  let first = true
  effect(() => {
    void route.value
    if (first) first = false
    else setTimeout(() => document.querySelector<HTMLElement>('h1')?.focus())
  })
}
