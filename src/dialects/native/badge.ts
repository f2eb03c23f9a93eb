import type { Availability, Presence } from '../../core/vocabulary.ts'

const WORDS: Record<Availability, string> = {
  online: 'online',
  away: 'away',
  busy: 'busy',
  dnd: 'do not disturb',
  offline: 'offline',
}

/** Dark enough for white text to be read on them. */
const COLOURS: Record<Availability, string> = {
  online: '#2b7a3a',
  away: '#8a5a0b',
  busy: '#b83232',
  dnd: '#b83232',
  offline: '#5c646c',
}

/** About how wide a letter of 11 pixels is; the text is fitted into exactly that. */
const LETTER_PIXELS = 6.1
const HEIGHT = 20
/** Around the text. */
const MARGIN = 8

/** A status as an image, in words and colour; nothing in it comes from what a person wrote. */
export function badgeOf({ availability, activity }: Presence): string {
  const text = activity === null ? WORDS[availability] : `${WORDS[availability]} · ${activity.replaceAll('_', ' ')}`
  const width = Math.round(text.length * LETTER_PIXELS)
  const whole = width + 2 * MARGIN
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${whole}" height="${HEIGHT}" role="img" aria-label="${text}">
<title>${text}</title>
<rect width="${whole}" height="${HEIGHT}" rx="4" fill="${COLOURS[availability]}"/>
<text x="${MARGIN}" y="14" textLength="${width}" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text}</text>
</svg>
`
}
