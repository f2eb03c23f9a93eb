import { expect, test } from 'vitest'
import { emojiName } from '../../src/dialects/mattermost/emoji.ts'
import table from '../../src/dialects/mattermost/emoji-names.json' with { type: 'json' }
import { emojiTable } from './emoji-table.ts'

test('the table is what its package says', () => {
  expect(table).toEqual(emojiTable())
})

test.each([
  ['calendar', 'calendar'],
  [':calendar:', 'calendar'],
  ['📅', 'date'],
  ['+1', '+1'],
  ['thumbsup', 'thumbsup'],
  ['👍', '+1'],
  ['👍🏽', '+1_medium_skin_tone'],
  ['wave_medium_light_skin_tone', 'wave_medium_light_skin_tone'],
  ['❤️', 'heart'],
  ['❤', 'heart'],
  ['👩🏿‍⚕️', 'female-doctor_dark_skin_tone'],
  ['woman_health_worker', 'woman_health_worker'],
  ['🇸🇪', 'flag-se'],
  ['de', 'de'],
  ['skin-tone-2', 'skin-tone-2'],
  ['doctor', 'doctor'],
  ['doctor_medium_dark_skin_tone', 'doctor_medium_dark_skin_tone'],
  ['blonde_man_light_skin_tone', 'blonde_man_light_skin_tone'],
  ['ca', 'ca'],
  ['pk', 'pk'],
  [':za:', 'za'],
  ['mattermost', 'mattermost'],
])('[MM-1.11-5] %s is known as %s', (given, name) => {
  expect(emojiName(given)).toBe(name)
})

test.each([
  '',
  ':',
  '::',
  'no_such_emoji',
  'calendar_light_skin_tone',
  'wave_light_skin_tone_dark_skin_tone',
  '__proto__',
  'toString',
  'zz',
  '📅📅',
  'mattermost_dark_skin_tone',
  ':📅',
  'x'.repeat(1000),
])('[MM-1.11-5] %s is not known', (given) => {
  expect(emojiName(given)).toBeNull()
})
