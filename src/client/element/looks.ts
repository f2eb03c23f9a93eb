import type { ShownPresence } from '../client.ts'

/** What is shown: an availability, or that nobody knows it (yet). */
export type Look = ShownPresence['availability'] | 'unknown'

/** A shape for each, so that nobody has to tell colours apart: in a square of 16, filled by the even-odd rule. */
export const SHAPES: Record<Look, string> = {
  online: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z',
  away: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 4h2v3.6l2.5 2.5-1.4 1.4L7 8.4z',
  busy: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  dnd: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4 7h8v2H4z',
  offline: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3z',
  unknown: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
}

const WORDS: Record<Look, string> = {
  online: 'online',
  away: 'away',
  busy: 'busy',
  dnd: 'do not disturb',
  offline: 'offline',
  unknown: 'unknown',
}

/** In words: "busy, in a meeting". */
export function wordsFor(presence: ShownPresence | null): string {
  if (presence === null) return WORDS.unknown
  const { availability, activity } = presence
  return activity === null ? WORDS[availability] : `${WORDS[availability]}, ${activity.replaceAll('_', ' ')}`
}

/** Colours with enough contrast on light and on dark pages; each may be set by the page. Text is as around it. */
export const STYLE = `
:host { display: inline-flex; align-items: baseline; gap: 0.35em; }
:host([hidden]) { display: none; }
svg { inline-size: 0.75em; block-size: 0.75em; align-self: center; fill: currentColor; fill-rule: evenodd; }
[part~=online] { color: var(--rollcall-online, #2b8a3e); }
[part~=away] { color: var(--rollcall-away, #b7791f); }
[part~=busy] { color: var(--rollcall-busy, #d64545); }
[part~=dnd] { color: var(--rollcall-dnd, #d64545); }
[part~=offline], [part~=unknown] { color: var(--rollcall-offline, #808891); }
[part=note] { opacity: 0.8; }
[part=note]:empty { display: none; }
:host([show=dot]) [part=text], :host([show=dot]) [part=note] {
  position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
@media (forced-colors: active) { svg { color: CanvasText !important; } }
`
