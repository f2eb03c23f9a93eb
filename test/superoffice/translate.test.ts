import { expect, test } from 'vitest'
import { AVAILABILITIES, type Presence } from '../../src/core/vocabulary.ts'
import { superofficeIds } from '../../src/dialects/superoffice/ids.ts'
import { eventsOf, presenceOut, statusOut } from '../../src/dialects/superoffice/translate.ts'
import { NOBODY_THERE } from '../presence.ts'

const READER = { active: true, languages: [] }

test('[SO-4.1-1] [SO-1.3-1] each availability by a claim has its status', () => {
  const statuses = AVAILABILITIES.map((availability) => [
    availability,
    statusOut({ ...NOBODY_THERE, availability, source: 'manual' }, true),
  ])
  expect(Object.fromEntries(statuses)).toEqual({
    online: 'StatusNormal',
    away: 'StatusNotAvailable',
    busy: 'StatusNotAvailable',
    dnd: 'StatusNotAvailable',
    offline: 'StatusNormal',
  })
})

test('[SO-4.1-1] idle is not absent, out of office is, and the deactivated are deleted', () => {
  expect(statusOut({ ...NOBODY_THERE, availability: 'away', source: 'session' }, true)).toBe('StatusNormal')
  expect(statusOut({ ...NOBODY_THERE, availability: 'away', activity: 'out_of_office', source: 'calendar' }, true)).toBe(
    'StatusNotAvailable',
  )
  expect(statusOut({ ...NOBODY_THERE, availability: 'online', source: 'declared' }, true)).toBe('StatusNormal')
  expect(statusOut(NOBODY_THERE, false)).toBe('StatusDeleted')
})

test('[SO-4.1-2] [SO-1.2-1] the text of a note is told whole and without its emoji', () => {
  const text = 'x'.repeat(1000)
  const note = { text, emoji: 'palm_tree', until: null }
  expect(JSON.stringify(presenceOut({ ...NOBODY_THERE, note }, READER))).toBe(`{"Status":"StatusNormal","Message":"${text}"}`)
  expect(presenceOut({ ...NOBODY_THERE, note: { ...note, text: '' } }, READER).Message).toBe('')
  expect(presenceOut(NOBODY_THERE, READER).Message).toBe('')
})

test('[SO-4.2-1] StatusNormal withdraws, with a word about the note', () => {
  const types = (message: string | null) => eventsOf({ status: 'StatusNormal', message }, READER, 'superoffice')
  expect(types(null)).toMatchObject([{ type: 'availability_withdrawn' }, { type: 'note_withdrawn', via: 'superoffice' }])
  expect(types('')).toMatchObject([{ type: 'availability_withdrawn' }, { type: 'note_withdrawn', via: null }])
  expect(types('Back')).toMatchObject([
    { type: 'availability_withdrawn' },
    { type: 'note_set', words: { text: 'Back', emoji: '' }, until: null },
  ])
})

test('[SO-4.2-2] StatusNotAvailable is away until further notice', () => {
  const types = (message: string | null) => eventsOf({ status: 'StatusNotAvailable', message }, READER, 'superoffice')
  const away = { type: 'availability_set', availability: 'away', activity: null, until: null, fades: false }
  expect(types(null)).toMatchObject([away])
  expect(types('')).toMatchObject([away, { type: 'note_withdrawn', via: null }])
  expect(types('Lunch')).toMatchObject([away, { type: 'note_set', words: { text: 'Lunch', emoji: '' } }])
})

test('[SO-4.3-1] what is alike is judged by what this product shows', () => {
  const [availability, note] = eventsOf(
    { status: 'StatusNotAvailable', message: 'Supplier' },
    { active: true, languages: ['en'] },
    'superoffice',
  )
  const alike = (event: typeof availability, shown: Presence) => event !== undefined && 'alike' in event && event.alike?.(shown)
  expect(alike(availability, { ...NOBODY_THERE, availability: 'busy', source: 'manual' })).toBe(true)
  expect(alike(availability, { ...NOBODY_THERE, availability: 'away', source: 'session' })).toBe(false)
  expect(alike(note, { ...NOBODY_THERE, note: { text: 'Supplier', emoji: 'x', until: 5 } })).toBe(true)
  expect(alike(note, { ...NOBODY_THERE, note: { text: 'NO:"Leverandør";US:"Supplier"', emoji: '', until: null } })).toBe(true)
  expect(alike(note, { ...NOBODY_THERE, note: { text: 'supplier', emoji: '', until: null } })).toBe(false)
})

test('[SO-4.1-3] associate ids are positive int32 as plain digits', () => {
  expect(['1', '42', '2147483647'].filter((id) => !superofficeIds.accepts(id))).toEqual([])
  expect(
    ['0', '-1', '01', '1.0', '2147483648', '9999999999', '1e3', '', 'abc'].filter((id) => superofficeIds.accepts(id)),
  ).toEqual([])
  expect(superofficeIds.origin).toBe('next-number')
})
