import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { adminSpeaker, BAD_ID, bad, DENIED, errorOf, NOBODY, newSpeaker, OK, type Speaker } from './speaker.ts'

const DISABLED = '501 api.custom_status.disabled'
const NO_PREFERENCE = '400 app.preference.get.app_error'
const NOT_RECENT = '400 api.custom_status.recent_custom_statuses.delete.app_error'
const MISSING = '404 app.user.missing_account.const'
const ZERO = '0001-01-01T00:00:00Z'

let server: Server
let ada: Speaker
let ben: Speaker
let admin: Speaker
beforeAll(async () => {
  server = await startServer()
  admin = await adminSpeaker(server)
  ada = await newSpeaker(server, 'ada', { timezone: 'Europe/Berlin' })
  ben = await newSpeaker(server, 'ben')
})
afterAll(() => server.stop())

const put = (body: unknown, speaker = ada) => speaker.put('/users/me/status/custom', body)
const settings = (change: object) => server.call('PATCH', '/v1/settings', server.adminToken, change)
const after = (ms: number) => new Date(Date.now() + ms).toISOString()
const propOf = async (speaker: Speaker, id = 'me') => (await speaker.get(`/users/${id}`)).body.props
const recents = async (speaker: Speaker) => JSON.parse((await propOf(speaker)).recentCustomStatuses)

test('[MM-C7] [MM-1.11-6] it is set, and everybody reads it', async () => {
  expect((await put({ emoji: 'calendar', text: 'In a <meeting>' })).text).toBe(OK)
  const shown = JSON.stringify({ emoji: 'calendar', text: 'In a <meeting>', duration: '', expires_at: ZERO })
    .replace('<', '\\u003c')
    .replace('>', '\\u003e')
  expect((await propOf(ada)).customStatus).toBe(shown)
  expect(await propOf(ben, ada.id)).toEqual({ customStatus: shown })
  expect((await server.call('GET', '/v1/presence/ada', server.adminToken)).note).toMatchObject({
    text: 'In a <meeting>',
    emoji: 'calendar',
  })
})

test('[MM-C1] [MM-D1] [MM-R1] an id that is none', async () => {
  expect(errorOf(await ada.put('/users/junk/status/custom', 'no JSON'))).toBe(BAD_ID)
  expect(errorOf(await ada.delete('/users/junk/status/custom'))).toBe(BAD_ID)
  expect(errorOf(await ada.delete('/users/junk/status/custom/recent', 'no JSON'))).toBe(BAD_ID)
  expect(errorOf(await ada.post('/users/junk/status/custom/recent/delete', 'no JSON'))).toBe(BAD_ID)
})

test('[MM-C2] [MM-D1] [MM-R1] custom statuses switched off, before body and rights', async () => {
  await put({ text: 'stays' })
  await settings({ notesAllowed: false })
  try {
    for (const id of ['me', ben.id, NOBODY]) {
      expect(errorOf(await ada.put(`/users/${id}/status/custom`, 'no JSON'))).toBe(DISABLED)
      expect(errorOf(await ada.delete(`/users/${id}/status/custom`))).toBe(DISABLED)
      expect(errorOf(await ada.delete(`/users/${id}/status/custom/recent`, 'no JSON'))).toBe(DISABLED)
      expect(errorOf(await ada.post(`/users/${id}/status/custom/recent/delete`, 'no JSON'))).toBe(DISABLED)
    }
    expect((await ada.custom()).text).toBe('stays')
  } finally {
    await settings({ notesAllowed: true })
  }
})

test.each([
  '',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"emoji":"","text":""}',
  '{"text":1}',
  '{"text":"a","duration":"custom_date_time"}',
  '{"text":"a","duration":"date_and_time"}',
  '{"text":"a","expires_at":""}',
  '{"text":"a","expires_at":"2030-01-02"}',
  '{"text":"a","expires_at":1893456000}',
  '{"text":"a","expires_at":"2030-01-02t00:00:00z"}',
  '{"text":"a","expires_at":"2020-01-02T00:00:00Z"}',
  '{"text":"a","duration":"one_hour","expires_at":"2020-01-02T00:00:00Z"}',
])('[MM-C3] [MM-1.8-8] [MM-1.11-1] [MM-1.11-3] %s is not valid', async (body) => {
  expect(errorOf(await put(body))).toBe(bad('custom_status'))
  expect(errorOf(await ada.put(`/users/${ben.id}/status/custom`, body))).toBe(bad('custom_status'))
})

test('[MM-C4] [MM-D1] [MM-1.10-1] another’s, with and without the right to it', async () => {
  const path = `/users/${ben.id}/status/custom`
  expect(errorOf(await ada.put(path, { text: 'a', emoji: 'no_such_emoji' }))).toBe(DENIED)
  expect(errorOf(await ada.delete(path))).toBe(DENIED)
  expect((await admin.put(path, { text: 'from above' })).text).toBe(OK)
  expect((await ben.custom()).text).toBe('from above')
  expect((await admin.delete(path)).text).toBe(OK)
  expect(await ben.custom()).toBeNull()
})

test('[MM-C5] [MM-1.11-5] emoji that are none, and ways to write one', async () => {
  for (const emoji of ['no_such_emoji', 'a b', 'x'.repeat(65), ':', '📅📅'])
    expect(errorOf(await put({ emoji, text: 'a' }))).toBe('400 api.custom_status.set_custom_statuses.emoji_not_found')
  for (const [emoji, name] of [
    ['wave_medium_skin_tone', 'wave_medium_skin_tone'],
    [':house:', 'house'],
    ['🏠', 'house'],
  ] as const) {
    expect((await put({ emoji })).text).toBe(OK)
    expect(await ada.custom()).toMatchObject({ emoji: name, text: '' })
  }
})

test('[MM-C6] [MM-D1] [MM-1.10-2] an id that nobody has', async () => {
  const path = `/users/${NOBODY}/status/custom`
  expect(errorOf(await admin.put(path, { text: 'a' }))).toBe(MISSING)
  expect(errorOf(await admin.delete(path))).toBe(MISSING)
  expect(errorOf(await ada.put(path, { text: 'a' }))).toBe(DENIED)
  expect(errorOf(await ada.delete(path))).toBe(DENIED)
})

test('[MM-D2] [MM-1.11-8] it is taken away, also when there is none', async () => {
  await put({ text: 'goes', emoji: 'house' })
  expect((await ada.delete('/users/me/status/custom')).text).toBe(OK)
  expect((await propOf(ada)).customStatus).toBe('')
  expect((await ada.delete('/users/me/status/custom')).text).toBe(OK)
  expect((await recents(ada))[0].text).toBe('goes')
})

test('[MM-1.11-3] [MM-1.11-6] [MM-1.8-9] an end that is given', async () => {
  const end = after(3_600_000)
  await put({ text: 'a', emoji: 'house', duration: 'one_hour', expires_at: end })
  const written = end.replace(/\.?0*Z$/, 'Z')
  expect(await ada.custom()).toEqual({ emoji: 'house', text: 'a', duration: 'one_hour', expires_at: written })
  expect((await recents(ada))[0]).toEqual({ emoji: 'house', text: 'a', duration: 'one_hour', expires_at: written })
  await put({ text: 'b', expires_at: '2090-01-02T03:04:05.120+02:00' })
  expect((await recents(ada))[0]).toMatchObject({ duration: 'date_and_time', expires_at: '2090-01-02T03:04:05.12+02:00' })
  expect((await ada.custom()).expires_at).toBe('2090-01-02T03:04:05.12+02:00')
  expect(JSON.parse((await propOf(ben, ada.id)).customStatus).expires_at).toBe('2090-01-02T01:04:05.12Z')
})

test('[MM-1.11-6] the duration is for its owner, and goes with the end that it came with', async () => {
  const durationTo = async (speaker: Speaker) => JSON.parse((await propOf(speaker, ada.id)).customStatus).duration
  await put({ text: 'lunch', duration: 'thirty_minutes' })
  expect([await durationTo(ada), await durationTo(ben)]).toEqual(['thirty_minutes', 'date_and_time'])
  await server.call('PUT', '/v1/presence/me/note', ada.token, { text: 'lunch', until: after(7_200_000) })
  expect(await durationTo(ada)).toBe('date_and_time')
  await server.call('PUT', '/v1/presence/me/note', ada.token, { text: 'lunch' })
  expect(await durationTo(ada)).toBe('')
})

test('[MM-1.11-2] a duration without an end is given one', async () => {
  for (const [duration, ms] of [
    ['thirty_minutes', 1_800_000],
    ['one_hour', 3_600_000],
    ['four_hours', 14_400_000],
  ] as const) {
    await put({ text: 'a', duration })
    expect(Math.abs(Date.parse((await ada.custom()).expires_at) - Date.now() - ms), duration).toBeLessThan(5000)
  }
  for (const duration of ['today', 'this_week']) {
    await put({ text: 'a', duration })
    const end = new Date(Date.parse((await ada.custom()).expires_at))
    const time = { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
    expect(new Intl.DateTimeFormat('en-GB', time).format(end), duration).toBe('23:59:59')
    if (duration === 'this_week')
      expect(new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', weekday: 'long' }).format(end)).toBe('Saturday')
  }
})

test('[MM-1.11-4] a text is cut, not refused', async () => {
  await put({ text: ` ${'😀'.repeat(120)}` })
  expect((await ada.custom()).text).toBe(` ${'😀'.repeat(99)}`)
})

test('[MM-1.11-6] an ended one is empty within a second', async () => {
  await ada.delete('/users/me/status/custom')
  const end = Date.now() + 700
  await put({ text: 'short', expires_at: new Date(end).toISOString() })
  expect((await ada.custom()).text).toBe('short')
  await expect.poll(async () => (await propOf(ada)).customStatus, { interval: 50, timeout: 2000 }).toBe('')
  expect(Date.now()).toBeGreaterThanOrEqual(end)
  expect(Date.now() - end).toBeLessThan(1100)
})

test('[MM-1.11-6] [MM-2-7] one from elsewhere, and written back', async () => {
  const until = after(3_600_000)
  await server.call('PUT', '/v1/presence/me/note', ada.token, { text: 'from afar', until })
  const shown = await ada.custom()
  expect(shown).toEqual({
    emoji: 'speech_balloon',
    text: 'from afar',
    duration: 'date_and_time',
    expires_at: until.replace(/\.?0*Z$/, 'Z'),
  })
  await put({ emoji: shown.emoji, text: shown.text })
  expect((await server.call('GET', '/v1/presence/me', ada.token)).note).toMatchObject({ text: 'from afar', until })
})

test('[MM-1.11-7] recent ones are a preference, and a prop of one’s own', async () => {
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'c']) await put({ text, emoji: 'house' })
  const own = await recents(ada)
  expect(own.map(({ text }: { text: string }) => text)).toEqual(['c', 'f', 'e', 'd', 'b'])
  const kept = await ada.get('/users/me/preferences/custom_status/name/recent_custom_statuses')
  expect(JSON.parse(kept.body.value)).toEqual(own)
  expect(await propOf(ben, ada.id)).not.toHaveProperty('recentCustomStatuses')
})

test('[MM-1.11-7] of several set at once by one user, none is lost', async () => {
  const cleo = await newSpeaker(server, 'cleo')
  const texts = ['a', 'b', 'c', 'd', 'e']
  await Promise.all(texts.map((text) => put({ text }, cleo)))
  const kept = await recents(cleo)
  expect(kept.map(({ text }: { text: string }) => text).sort()).toEqual(texts)
  const forgotten = kept.map((recent: object) => cleo.delete('/users/me/status/custom/recent', recent))
  expect((await Promise.all(forgotten)).map((answer) => answer.text)).toEqual(texts.map(() => OK))
  expect(await recents(cleo)).toEqual([])
})

test('[MM-R2] a body that cannot be decoded comes before rights', async () => {
  for (const body of [undefined, '', '[]', '{"text":1}', '{"expires_at":""}'])
    for (const id of ['me', ben.id]) {
      expect(errorOf(await ada.delete(`/users/${id}/status/custom/recent`, body))).toBe(bad('recent_custom_status'))
      expect(errorOf(await ada.post(`/users/${id}/status/custom/recent/delete`, body))).toBe(bad('recent_custom_status'))
    }
})

test('[MM-R3] another’s', async () => {
  expect(errorOf(await ada.delete(`/users/${ben.id}/status/custom/recent`, { text: 'a' }))).toBe(DENIED)
  expect(errorOf(await ada.post(`/users/${ben.id}/status/custom/recent/delete`, { text: 'a' }))).toBe(DENIED)
})

test('[MM-R4] who never had one', async () => {
  const carl = await newSpeaker(server, 'carl')
  expect(errorOf(await carl.delete('/users/me/status/custom/recent', { text: 'a' }))).toBe(NO_PREFERENCE)
  expect(errorOf(await admin.delete(`/users/${NOBODY}/status/custom/recent`, { text: 'a' }))).toBe(NO_PREFERENCE)
})

test('[MM-R5] [MM-1.11-9] one that is not among them', async () => {
  await put({ text: 'here', emoji: 'house' })
  for (const body of [
    {},
    { text: 'not here', emoji: 'house' },
    { text: 'here' },
    { text: 'here', emoji: 'house', duration: 'today' },
  ])
    expect(errorOf(await ada.delete('/users/me/status/custom/recent', body))).toBe(NOT_RECENT)
  const empty = { user_id: ada.id, category: 'custom_status', name: 'recent_custom_statuses', value: '' }
  await ada.put('/users/me/preferences', [empty])
  expect(errorOf(await ada.delete('/users/me/status/custom/recent', { text: 'here', emoji: 'house' }))).toBe(NOT_RECENT)
})

test('[MM-R6] [MM-1.11-9] one goes, then the last', async () => {
  await put({ text: 'one', emoji: 'house' })
  await put({ text: 'two', emoji: 'house', duration: 'one_hour', expires_at: '2090-01-02T03:04:05.000Z' })
  const two = { EMOJI: 'house', text: 'two', duration: 'one_hour', expires_at: '2090-01-02T03:04:05Z' }
  expect((await ada.post('/users/me/status/custom/recent/delete', two)).text).toBe(OK)
  expect((await recents(ada)).map(({ text }: { text: string }) => text)).toEqual(['one'])
  expect((await ada.delete('/users/me/status/custom/recent', { text: 'one', emoji: 'house' })).text).toBe(OK)
  expect((await propOf(ada)).recentCustomStatuses).toBe('[]')
  expect((await ada.custom()).text).toBe('two')
})
