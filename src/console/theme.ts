import { signal } from '@preact/signals'
import { kept } from './settled.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const told = kept('theme')
export const theme = signal<Theme>(THEMES.find((one) => one === told.read()) ?? 'system')

/** Shows the console in the reader's theme, else in the system's. */
export function dress(wanted: Theme = theme.value): void {
  theme.value = wanted
  told.write(wanted === 'system' ? null : wanted)
  document.documentElement.dataset['theme'] = wanted
}
