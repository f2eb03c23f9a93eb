import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { adminSpeaker, BAD_ID, bad, DENIED, EXPIRED, errorOf, NOBODY, newSpeaker, type Speaker, speaker } from './speaker.ts'

const NOT_FOUND = '404 api.status.user_not_found.app_error'
const PARSE = '400 api.payload.parse.error'

let server: Server
let ada: Speaker
let ben: Speaker
let admin: Speaker
beforeAll(async () => {
  server = await startServer()
  admin = await adminSpeaker(server)
  ada = await newSpeaker(server, 'ada')
  ben = await newSpeaker(server, 'ben')
})
afterAll(() => server.stop())

const settings = (change: object) => server.call('PATCH', '/v1/settings', server.adminToken, change)
const offline = (id: string) => ({ user_id: id, status: 'offline', manual: false, last_activity_at: 0, dnd_end_time: 0 })
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

describe('GET status', () => {
  test('[MM-G2] [MM-1.5-2] an id that is none', async () => {
    for (const id of ['junk', 'a'.repeat(25), 'a'.repeat(27)])
      expect(errorOf(await ada.get(`/users/${id}/status`)), id).toBe(BAD_ID)
  })

  test('[MM-G5] [MM-1.5-2] nobody’s id is offline, and so is one who never was here', async () => {
    expect((await ada.get(`/users/${NOBODY}/status`)).text).toBe(JSON.stringify(offline(NOBODY)))
    expect((await ada.get(`/users/${'A1'.repeat(13)}/status`)).body.status).toBe('offline')
    const carl = await newSpeaker(server, 'carl')
    expect((await ada.get(`/users/${carl.id}/status`)).text).toBe(JSON.stringify(offline(carl.id)))
  })

  test('[MM-1.7-1] [MM-1.7-2] [MM-1.7-4] anybody reads anybody’s', async () => {
    await ben.set('away')
    const { text, body } = await ada.get(`/users/${ben.id}/status`)
    expect(text).toBe(
      `{"user_id":"${ben.id}","status":"away","manual":true,"last_activity_at":${body.last_activity_at},"dnd_end_time":0}`,
    )
    expect(Math.abs(Date.now() - body.last_activity_at)).toBeLessThan(5000)
  })
})

describe('POST status/ids', () => {
  test.each(['', ' ', '{}', '"a"', '5', '["a",1]', '[["a"]]', '[', 'x', '{"a":['])('[MM-I1] %s is not a list', async (body) => {
    expect(errorOf(await ada.post('/users/status/ids', body))).toBe(PARSE)
  })

  test('[MM-I1] no body is not a list', async () => {
    expect(errorOf(await ada.post('/users/status/ids'))).toBe(PARSE)
  })

  test.each(['null', '[]', '[] x'])('[MM-I2] %s names nobody', async (body) => {
    expect(errorOf(await ada.post('/users/status/ids', body))).toBe(bad('user_ids'))
  })

  test('[MM-I3] [MM-1.5-1] [MM-1.5-3] an element that is not 26 bytes', async () => {
    for (const id of ['me', 'a'.repeat(25), 'a'.repeat(27), 'é'.repeat(26), null])
      expect(errorOf(await ada.post('/users/status/ids', [ada.id, id]))).toBe(bad('user_ids'))
  })

  test('[MM-1.5-3] [MM-1.7-5] any 26 bytes pass', async () => {
    const odd = ['é'.repeat(13), '<b>&'.padEnd(26, '-'), ' '.repeat(26), '"\\'.repeat(13)]
    const { status, body, text } = await ada.post('/users/status/ids', odd)
    expect(status).toBe(200)
    expect(new Set(body.map(({ user_id }: { user_id: string }) => user_id))).toEqual(new Set(odd))
    expect(text).toContain('\\u003cb\\u003e\\u0026')
  })

  test('[MM-I6] each id once, sorted by bytes, unknown ones offline', async () => {
    const bytes = ['\ue000'.padEnd(24, 'x'), '\u{1f600}'.padEnd(24, 'x')]
    const ids = [NOBODY, ben.id, ...bytes.toReversed(), 'A'.repeat(26), ada.id, ben.id, NOBODY]
    const { body } = await ada.post('/users/status/ids', ids)
    const sorted = [...new Set(ids)].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    expect(body.map(({ user_id }: { user_id: string }) => user_id)).toEqual(sorted)
    for (const status of body)
      expect(status).toEqual((await ada.get(`/users/${status.user_id}/status`)).body.user_id ? status : offline(status.user_id))
    expect(body.find(({ user_id }: { user_id: string }) => user_id === NOBODY)).toEqual(offline(NOBODY))
    expect(body.find(({ user_id }: { user_id: string }) => user_id === ben.id)).toEqual(
      (await ada.get(`/users/${ben.id}/status`)).body,
    )
  })

  test('[MM-1.8-1] what follows the list does not count', async () => {
    expect((await ada.post('/users/status/ids', `["${ada.id}"] x`)).body).toHaveLength(1)
  })
})

describe('PUT status', () => {
  test('[MM-P1] an id that is none', async () => {
    expect(errorOf(await ada.put('/users/junk/status', { user_id: 'junk', status: 'away' }))).toBe(BAD_ID)
  })

  test.each(['', '"x"', '[]', '5', '{', '{"status":1}', '{"user_id":[]}'])('[MM-P2] %s cannot be decoded', async (body) => {
    expect(errorOf(await ada.put('/users/me/status', body))).toBe(bad('status'))
  })

  test('[MM-P2] no body', async () => {
    expect(errorOf(await ada.put('/users/me/status'))).toBe(bad('status'))
  })

  test('[MM-P3] [MM-1.5-1] the body’s user is not the path’s', async () => {
    for (const body of ['null', '{}', { status: 'away' }, { user_id: 'me', status: 'away' }, { user_id: ben.id, status: 'away' }])
      expect(errorOf(await ada.put('/users/me/status', body))).toBe(bad('user_id'))
  })

  test('[MM-P4] [MM-1.10-1] another’s, with and without the right to it', async () => {
    const away = (id: string) => ({ user_id: id, status: 'away' })
    expect(errorOf(await ada.put(`/users/${ben.id}/status`, away(ben.id)))).toBe(DENIED)
    expect(errorOf(await ada.put(`/users/${ben.id}/status`, { user_id: ben.id, status: 'nonsense' }))).toBe(DENIED)
    expect((await admin.put(`/users/${ben.id}/status`, away(ben.id))).body).toMatchObject({ status: 'away', manual: true })
  })

  test('[MM-1.10-2] for an id that nobody has', async () => {
    const body = { user_id: NOBODY, status: 'away' }
    expect(errorOf(await ada.put(`/users/${NOBODY}/status`, body))).toBe(DENIED)
    expect(errorOf(await admin.put(`/users/${NOBODY}/status`, body))).toBe(NOT_FOUND)
    expect((await ada.get(`/users/${NOBODY}/status`)).body).toEqual(offline(NOBODY))
  })

  test.each(['ooo', '', 'Online', 'busy', 'invisible', ' away'])('[MM-P5] %s cannot be set', async (status) => {
    expect(errorOf(await ada.set(status))).toBe(bad('status'))
  })

  test.each(['1.5', '1e3', '"5"', 'true', '[]', '9223372036854775808'])('[MM-1.8-6] dnd_end_time %s', async (end) => {
    const body = `{"user_id":"${ada.id}","status":"dnd","dnd_end_time":${end}}`
    expect(errorOf(await ada.put('/users/me/status', body))).toBe(bad('status'))
  })

  test('[MM-1.8-7] manual and last_activity_at are checked and ignored', async () => {
    expect(errorOf(await ada.set('away', { manual: 'yes' }))).toBe(bad('status'))
    expect(errorOf(await ada.set('away', { last_activity_at: '5' }))).toBe(bad('status'))
    const { body } = await ada.set('away', { manual: false, last_activity_at: 5 })
    expect(body.manual).toBe(true)
    expect(body.last_activity_at).toBeGreaterThan(5)
  })

  test('[MM-P6] the answer is what GET then shows', async () => {
    for (const status of ['away', 'dnd', 'offline', 'online']) {
      const answer = await ada.set(status)
      expect(answer.status).toBe(200)
      expect(answer.body.status).toBe(status)
      expect(answer.text).toBe((await ada.get('/users/me/status')).text)
    }
  })

  test('[MM-2-2] [MM-2-3] what stands, and what takes it back', async () => {
    for (const status of ['away', 'offline', 'dnd']) expect((await ada.set(status)).body).toMatchObject({ status, manual: true })
    await ada.set('dnd', { dnd_end_time: inSeconds(3600) })
    expect((await ada.set('online')).body).toMatchObject({ status: 'online', manual: false, dnd_end_time: 0 })
  })

  test('[MM-1.9-1] the end is kept to the second, shown as the whole minute', async () => {
    const end = inSeconds(3600)
    expect((await ada.set('dnd', { dnd_end_time: end })).body).toMatchObject({
      status: 'dnd',
      manual: true,
      dnd_end_time: Math.floor(end / 60) * 60,
    })
    expect((await server.call('GET', '/v1/presence/ada', server.adminToken)).until).toBe(new Date(end * 1000).toISOString())
  })

  test('[MM-1.9-2] [MM-1.9-5] ends that are none, and one that never comes', async () => {
    for (const end of [0, 59, -120]) expect((await ada.set('dnd', { dnd_end_time: end })).body.dnd_end_time).toBe(0)
    const body = `{"user_id":"${ada.id}","status":"dnd","dnd_end_time":9223372036854775807}`
    expect((await ada.put('/users/me/status', body)).body).toMatchObject({ status: 'dnd', dnd_end_time: 8_640_000_000_000 })
    await ada.set('online')
  })

  test('[MM-1.9-3] an end that has passed', async () => {
    await ada.set('away')
    expect((await ada.set('dnd', { dnd_end_time: inSeconds(-60) })).body).toMatchObject({
      status: 'away',
      manual: true,
      dnd_end_time: 0,
    })
  })

  test('[MM-1.9-4] an end with another status', async () => {
    expect((await ada.set('away', { dnd_end_time: inSeconds(3600) })).body).toMatchObject({ status: 'away', dnd_end_time: 0 })
  })

  test('[MM-2-1] after a timed “do not disturb”, also set twice, what stood before shows again', async () => {
    await ada.set('away')
    const end = inSeconds(2)
    await ada.set('dnd', { dnd_end_time: end })
    expect((await ada.set('dnd', { dnd_end_time: end })).body.status).toBe('dnd')
    await expect
      .poll(async () => (await ada.get('/users/me/status')).body, { timeout: 4000 })
      .toMatchObject({
        status: 'away',
        manual: true,
        dnd_end_time: 0,
      })
    expect(Date.now()).toBeGreaterThanOrEqual(end * 1000)
  })

  test('[MM-2-4] who is explicitly offline is for others as one who left', async () => {
    const dora = await newSpeaker(server, 'dora')
    await dora.set('online')
    const before = (await ada.get(`/users/${dora.id}/status`)).body.last_activity_at
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await dora.set('offline')).body).toMatchObject({ status: 'offline', manual: true })
    const hidden = (await ada.get(`/users/${dora.id}/status`)).body
    expect(hidden).toEqual({ ...offline(dora.id), last_activity_at: before })
    expect((await admin.post('/users/status/ids', [dora.id])).body).toEqual([hidden])
    expect((await dora.post('/users/status/ids', [dora.id])).body[0].manual).toBe(true)
  })

  test('[MM-2-5] offline where nobody may be invisible', async () => {
    await settings({ invisibleAllowed: false })
    try {
      expect(errorOf(await ada.set('offline'))).toBe(bad('status'))
    } finally {
      await settings({ invisibleAllowed: true })
    }
  })

  test('[MM-2-6] [MM-2-7] what was set elsewhere, and written back', async () => {
    const put = (body: object) => server.call('PUT', '/v1/presence/me/availability', ada.token, body)
    const until = new Date(Date.now() + 3_600_000).toISOString()
    await put({ availability: 'busy', activity: 'presenting', until })
    expect((await ada.get('/users/me/status')).body).toMatchObject({ status: 'dnd', manual: true })
    await ada.set('dnd')
    expect(await server.call('GET', '/v1/presence/me', ada.token)).toMatchObject({
      availability: 'busy',
      activity: 'presenting',
      until,
    })
    await put({ availability: 'away', activity: 'out_of_office' })
    expect((await ada.get('/users/me/status')).body.status).toBe('ooo')
    await ada.set('away')
    expect((await ada.get('/users/me/status')).body.status).toBe('away')
  })

  test('[MM-2-8] reading is not activity, setting is', async () => {
    const before = (await ada.set('away')).body.last_activity_at
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await ada.get('/users/me/status')).body.last_activity_at).toBe(before)
    expect((await ada.set('dnd')).body.last_activity_at).toBeGreaterThan(before)
    await ada.set('online')
  })
})

test('[MM-G3] [MM-I4] [MM-P6] [MM-1.12-1] statuses switched off', async () => {
  await ada.set('away')
  await settings({ statusesEnabled: false })
  try {
    expect(errorOf(await ada.get('/users/me/status'))).toBe(NOT_FOUND)
    expect((await ada.post('/users/status/ids', [ada.id])).text).toBe('[]')
    expect(errorOf(await ada.post('/users/status/ids', '[]'))).toBe(bad('user_ids'))
    expect(errorOf(await ada.set('dnd'))).toBe(NOT_FOUND)
    expect((await ada.get('/config/client')).body.EnableUserStatuses).toBe('false')
  } finally {
    await settings({ statusesEnabled: true })
  }
  expect((await ada.get('/users/me/status')).body.status).toBe('away')
})

test('[MM-1.5-4] a user with another kind of id has one here that leads to them', async () => {
  const eve = await newSpeaker(server, 'eve', { id: 'eve.the-first' })
  expect(eve.id).toMatch(/^[a-z0-9]{26}$/)
  expect((await eve.set('away')).body).toMatchObject({ user_id: eve.id, status: 'away' })
  expect((await ada.get(`/users/${eve.id}/status`)).body.status).toBe('away')
})

test('[MM-G1] without a session', async () => {
  const nobody = speaker(server, { id: '', token: null })
  expect(errorOf(await nobody.get(`/users/${ada.id}/status`))).toBe(EXPIRED)
})
