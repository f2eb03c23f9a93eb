import type { Availability } from '../client/client.ts'
import type { Wanted } from './status.ts'

/** A ready-made status of the workspace; without an availability it is a note alone. */
export interface Preset {
  readonly id: string
  readonly name: string
  readonly availability: Availability | null
}

/** What most people say most often; the words are the messages of these names. */
export const QUICK = [
  ['preset.meeting', { availability: 'busy', activity: 'in_a_meeting', text: '', emoji: 'calendar', span: '60', at: '' }],
  ['preset.lunch', { availability: 'away', activity: null, text: '', emoji: 'sandwich', span: '30', at: '' }],
  ['preset.focus', { availability: 'dnd', activity: 'focusing', text: '', emoji: 'dart', span: '60', at: '' }],
  ['preset.away', { availability: 'away', activity: 'out_of_office', text: '', emoji: 'palm_tree', span: 'today', at: '' }],
] as const satisfies readonly (readonly [string, Wanted])[]
