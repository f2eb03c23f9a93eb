import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type Answer, BAD_ID, bad, DENIED, EXPIRED, errorOf, NOBODY, newSpeaker, OK, type Speaker, speaker } from './speaker.ts'

const NOT_RECENT = '400 api.custom_status.recent_custom_statuses.delete.app_error'

let server: Server
let ada: Speaker
let ben: Speaker
let nobody: Speaker
beforeAll(async () => {
  server = await startServer()
  ada = await newSpeaker(server, 'ada')
  ben = await newSpeaker(server, 'ben')
  nobody = speaker(server, { id: '', token: null })
})
afterAll(() => server.stop())

const JSON_TYPE = 'application/json'
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
const wholeMinute = (seconds: number) => Math.floor(seconds / 60) * 60
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

describe('seed 004 · GetUserStatus', () => {
  test('path user_id · an id, and me', async () => {
    await ben.set('away')
    expect((await ada.get(`/users/${ben.id}/status`)).body).toMatchObject({ user_id: ben.id, status: 'away' })
    expect((await ada.get('/users/me/status')).body.user_id).toBe(ada.id)
  })
  test('path user_id · nobody’s', async () => expect((await ada.get(`/users/${NOBODY}/status`)).body.status).toBe('offline'))
  test('200', async () => {
    const { status, headers } = await ada.get('/users/me/status')
    expect([status, headers.get('content-type')]).toEqual([200, JSON_TYPE])
  })
  test('response user_id', async () => expect((await ada.get(`/users/${ben.id}/status`)).body.user_id).toBe(ben.id))
  test.each(['online', 'away', 'dnd', 'offline'])('response status · %s', async (status) => {
    await ada.set(status)
    expect((await ada.get('/users/me/status')).body.status).toBe(status)
  })
  test('response manual', async () => {
    await ada.set('away')
    expect((await ada.get('/users/me/status')).body.manual).toBe(true)
    await ada.set('online')
    expect((await ada.get('/users/me/status')).body.manual).toBe(false)
  })
  test('response last_activity_at · in milliseconds', async () => {
    await ada.set('away')
    expect(Math.abs((await ada.get('/users/me/status')).body.last_activity_at - Date.now())).toBeLessThan(5000)
  })
  test('400', async () => expect(errorOf(await ada.get('/users/junk/status'))).toBe(BAD_ID))
  test('401', async () => expect(errorOf(await nobody.get(`/users/${ada.id}/status`))).toBe(EXPIRED))
})

describe('seed 004 · UpdateUserStatus', () => {
  test('path user_id · one’s own id, and me', async () => {
    const body = { user_id: ada.id, status: 'away' }
    expect((await ada.put(`/users/${ada.id}/status`, body)).status).toBe(200)
    expect((await ada.put('/users/me/status', body)).status).toBe(200)
  })
  test('path user_id · another’s', async () => {
    expect(errorOf(await ada.put(`/users/${ben.id}/status`, { user_id: ben.id, status: 'away' }))).toBe(DENIED)
  })
  test('body user_id · it must be the path’s', async () => {
    expect((await ada.put('/users/me/status', { user_id: ada.id, status: 'away' })).status).toBe(200)
    expect(errorOf(await ada.put('/users/me/status', { user_id: ben.id, status: 'away' }))).toBe(bad('user_id'))
    expect(errorOf(await ada.put('/users/me/status', { status: 'away' }))).toBe(bad('user_id'))
  })
  test.each(['online', 'away', 'offline', 'dnd'])('body status · %s', async (status) => {
    expect((await ada.set(status)).body.status).toBe(status)
  })
  test('body status · any other, and none', async () => {
    expect(errorOf(await ada.set('busy'))).toBe(bad('status'))
    expect(errorOf(await ada.put('/users/me/status', { user_id: ada.id }))).toBe(bad('status'))
  })
  test('body dnd_end_time · in seconds, shown as the whole minute', async () => {
    const end = inSeconds(3600)
    expect((await ada.set('dnd', { dnd_end_time: end })).body.dnd_end_time).toBe(wholeMinute(end))
  })
  test('body dnd_end_time · when it comes, the status is unset', async () => {
    await ada.set('online')
    await ada.set('dnd', { dnd_end_time: inSeconds(2) })
    expect((await ada.get('/users/me/status')).body.status).toBe('dnd')
    await expect.poll(async () => (await ada.get('/users/me/status')).body.status, { timeout: 4000 }).toBe('online')
  })
  test('body dnd_end_time · none', async () => expect((await ada.set('dnd')).body.dnd_end_time).toBe(0))
  test('200', async () => {
    const { status, headers } = await ada.set('away')
    expect([status, headers.get('content-type')]).toEqual([200, JSON_TYPE])
  })
  test('response user_id', async () => expect((await ada.set('away')).body.user_id).toBe(ada.id))
  test('response status', async () => expect((await ada.set('away')).body.status).toBe('away'))
  test('response manual', async () => {
    expect((await ada.set('away')).body.manual).toBe(true)
    expect((await ada.set('online')).body.manual).toBe(false)
  })
  test('response last_activity_at', async () => {
    expect(Math.abs((await ada.set('away')).body.last_activity_at - Date.now())).toBeLessThan(5000)
  })
  test('400', async () => expect(errorOf(await ada.put('/users/me/status', 'no JSON'))).toBe(bad('status')))
  test('401', async () => {
    expect(errorOf(await nobody.put(`/users/${ada.id}/status`, { user_id: ada.id, status: 'away' }))).toBe(EXPIRED)
  })
})

describe('seed 004 · GetUsersStatusesByIds', () => {
  const one = async () => (await ben.post('/users/status/ids', [ada.id])).body[0]

  test('body ids · several, one twice, one that nobody has', async () => {
    const { body } = await ada.post('/users/status/ids', [ben.id, ada.id, NOBODY, ada.id])
    expect(body.map(({ user_id }: { user_id: string }) => user_id)).toEqual([ada.id, ben.id, NOBODY].sort())
  })
  test('body ids · 200 of them', async () => {
    const ids = Array.from({ length: 200 }, (_, at) => `${at}`.padStart(26, 'a'))
    expect((await ada.post('/users/status/ids', ids)).body).toHaveLength(200)
  })
  test('200', async () => {
    const { status, headers } = await ada.post('/users/status/ids', [ada.id])
    expect([status, headers.get('content-type')]).toEqual([200, JSON_TYPE])
  })
  test('response user_id', async () => expect((await one()).user_id).toBe(ada.id))
  test.each(['online', 'away', 'dnd', 'offline'])('response status · %s', async (status) => {
    await ada.set(status)
    expect((await one()).status).toBe(status)
  })
  test('response manual', async () => {
    await ada.set('away')
    expect((await one()).manual).toBe(true)
  })
  test('response last_activity_at', async () => {
    await ada.set('online')
    expect(Math.abs((await one()).last_activity_at - Date.now())).toBeLessThan(5000)
  })
  test('400', async () => {
    expect(errorOf(await ada.post('/users/status/ids', []))).toBe(bad('user_ids'))
    expect(errorOf(await ada.post('/users/status/ids', {}))).toBe('400 api.payload.parse.error')
  })
  test('401', async () => expect(errorOf(await nobody.post('/users/status/ids', [ada.id]))).toBe(EXPIRED))
})

describe('seed 004 · UpdateUserCustomStatus', () => {
  const put = (body: unknown) => ada.put('/users/me/status/custom', body)

  test('path user_id · one’s own id, and me', async () => {
    for (const id of [ada.id, 'me'])
      expect((await ada.put(`/users/${id}/status/custom`, { emoji: 'house', text: id })).text).toBe(OK)
    expect((await ada.custom()).text).toBe('me')
  })
  test('path user_id · another’s', async () => {
    expect(errorOf(await ada.put(`/users/${ben.id}/status/custom`, { emoji: 'house', text: 'a' }))).toBe(DENIED)
  })
  test.each(['calendar', ':calendar:', '+1', 'wave_dark_skin_tone'])('body emoji · %s', async (emoji) => {
    await put({ emoji, text: '' })
    expect((await ada.custom()).emoji).toBe(emoji.replaceAll(':', ''))
  })
  test('body text', async () => {
    await put({ emoji: 'house', text: 'Zu Hause <3' })
    expect((await ada.custom()).text).toBe('Zu Hause <3')
  })
  test.each(['thirty_minutes', 'one_hour', 'four_hours', 'today', 'this_week', 'date_and_time'])(
    'body duration · %s with its end',
    async (duration) => {
      const expires_at = inAnHour()
      await put({ emoji: 'house', text: 'a', duration, expires_at })
      expect(Date.parse((await ada.custom()).expires_at)).toBe(Date.parse(expires_at))
    },
  )
  test.each(['thirty_minutes', 'one_hour', 'four_hours', 'today', 'this_week'])('body duration · %s alone', async (duration) => {
    expect((await put({ emoji: 'house', text: 'a', duration })).text).toBe(OK)
    expect(Date.parse((await ada.custom()).expires_at)).toBeGreaterThan(Date.now())
  })
  test('body duration · another', async () => {
    expect(errorOf(await put({ emoji: 'house', text: 'a', duration: 'two_hours' }))).toBe(bad('custom_status'))
  })
  test('body expires_at · when it comes, the custom status has gone', async () => {
    await ada.delete('/users/me/status/custom')
    await put({ emoji: 'house', text: 'a', expires_at: new Date(Date.now() + 600).toISOString() })
    expect((await ada.custom()).text).toBe('a')
    await expect.poll(() => ada.custom(), { timeout: 3000 }).toBeNull()
  })
  test('body expires_at · in the past, and no time', async () => {
    for (const expires_at of ['2020-01-01T00:00:00Z', 'tomorrow'])
      expect(errorOf(await put({ emoji: 'house', text: 'a', expires_at }))).toBe(bad('custom_status'))
  })
  test('200', async () => {
    const { status, text } = await put({ emoji: 'house', text: 'a' })
    expect([status, text]).toEqual([200, OK])
  })
  test('400', async () => expect(errorOf(await put({}))).toBe(bad('custom_status')))
  test('401', async () => {
    expect(errorOf(await nobody.put(`/users/${ada.id}/status/custom`, { emoji: 'house', text: 'a' }))).toBe(EXPIRED)
  })
})

describe('seed 004 · UnsetUserCustomStatus', () => {
  test('path user_id · one’s own id, and me', async () => {
    for (const id of [ada.id, 'me']) {
      await ada.put('/users/me/status/custom', { emoji: 'house', text: 'a' })
      expect((await ada.delete(`/users/${id}/status/custom`)).text).toBe(OK)
      expect(await ada.custom()).toBeNull()
    }
  })
  test('path user_id · another’s', async () => expect(errorOf(await ada.delete(`/users/${ben.id}/status/custom`))).toBe(DENIED))
  test('200', async () => {
    const { status, text } = await ada.delete('/users/me/status/custom')
    expect([status, text]).toEqual([200, OK])
  })
  test('400', async () => expect(errorOf(await ada.delete('/users/junk/status/custom'))).toBe(BAD_ID))
  test('401', async () => expect(errorOf(await nobody.delete(`/users/${ada.id}/status/custom`))).toBe(EXPIRED))
})

describe('seed 004 · RemoveRecentCustomStatus', () => {
  const forget: Forget = (body, id = 'me', who = ada) => who.call('DELETE', `/users/${id}/status/custom/recent`, body)

  test('path user_id · one’s own id, and me', () => forgetsBy(forget, [ada.id, 'me']))
  test('path user_id · another’s', async () => expect(errorOf(await forget(RECENT, ben.id))).toBe(DENIED))
  test('body emoji · it must be the same', () => forgetsOnly(forget, { emoji: 'calendar' }))
  test('body text · it must be the same', () => forgetsOnly(forget, { text: 'b' }))
  test('body duration · it must be the same', () => forgetsOnly(forget, { duration: 'today' }))
  test('body expires_at · it must be the same', () => forgetsOnly(forget, { expires_at: '2090-01-02T03:04:06Z' }))
  test('200', async () => {
    await keepRecent()
    const { status, text } = await forget(RECENT)
    expect([status, text]).toEqual([200, OK])
  })
  test('400', async () => expect(errorOf(await forget('no JSON'))).toBe(bad('recent_custom_status')))
  test('401', async () => expect(errorOf(await forget(RECENT, ada.id, nobody))).toBe(EXPIRED))
})

describe('seed 004 · PostUserRecentCustomStatusDelete', () => {
  const forget: Forget = (body, id = 'me', who = ada) => who.call('POST', `/users/${id}/status/custom/recent/delete`, body)

  test('path user_id · one’s own id, and me', () => forgetsBy(forget, [ada.id, 'me']))
  test('path user_id · another’s', async () => expect(errorOf(await forget(RECENT, ben.id))).toBe(DENIED))
  test('body emoji · it must be the same', () => forgetsOnly(forget, { emoji: 'calendar' }))
  test('body text · it must be the same', () => forgetsOnly(forget, { text: 'b' }))
  test('body duration · it must be the same', () => forgetsOnly(forget, { duration: 'today' }))
  test('body expires_at · it must be the same', () => forgetsOnly(forget, { expires_at: '2090-01-02T03:04:06Z' }))
  test('200', async () => {
    await keepRecent()
    const { status, text } = await forget(RECENT)
    expect([status, text]).toEqual([200, OK])
  })
  test('400', async () => expect(errorOf(await forget('no JSON'))).toBe(bad('recent_custom_status')))
  test('401', async () => expect(errorOf(await forget(RECENT, ada.id, nobody))).toBe(EXPIRED))
})

type Forget = (body: unknown, id?: string, who?: Speaker) => Promise<Answer>

const RECENT = { emoji: 'house', text: 'a', duration: 'one_hour', expires_at: '2090-01-02T03:04:05Z' }
const keepRecent = () => ada.put('/users/me/status/custom', RECENT)

async function forgetsBy(forget: Forget, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await keepRecent()
    expect((await forget(RECENT, id)).text).toBe(OK)
  }
}

/** One that differs is not found, the same one is, once. */
async function forgetsOnly(forget: Forget, difference: Partial<typeof RECENT>): Promise<void> {
  await keepRecent()
  expect(errorOf(await forget({ ...RECENT, ...difference }))).toBe(NOT_RECENT)
  expect((await forget(RECENT)).text).toBe(OK)
  expect(errorOf(await forget(RECENT))).toBe(NOT_RECENT)
}
