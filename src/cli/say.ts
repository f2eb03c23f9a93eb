import { styleText } from 'node:util'
import type { Availability } from '../core/vocabulary.ts'
import type { Answer } from './server.ts'

const COLOURS: Readonly<Record<Availability, Parameters<typeof styleText>[0]>> = {
  online: 'green',
  away: 'yellow',
  busy: 'red',
  dnd: 'red',
  offline: 'gray',
}

/** In its colour, on a terminal whose user has not set NO_COLOR. */
export function colourOf(availability: Availability, text: string = availability): string {
  return styleText(COLOURS[availability], text, { stream: process.stdout })
}

/** One line, as a person would say it. Times are as the server tells them. */
export function inWords(username: string, { availability, activity, note, until, since }: Answer): string {
  const words = [`${username} is ${colourOf(availability)}`]
  if (activity) words.push(`(${activity.replaceAll('_', ' ')})`)
  words.push(`since ${since}`)
  if (until) words.push(`until ${until}`)
  if (note) words.push(`· ${noteInWords(note)}`)
  if (note?.until) words.push(`until ${note.until}`)
  return words.join(' ')
}

/** Empty: there is none. What would steer a terminal is left out. */
export function noteInWords(note: { readonly emoji?: string; readonly text?: string } | null | undefined): string {
  const words = note == null ? [] : [note.emoji ? `:${note.emoji}:` : '', note.text ?? '']
  return words
    .filter(Boolean)
    .join(' ')
    .replaceAll(/\p{Cc}+/gu, ' ')
}
