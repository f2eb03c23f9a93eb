import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { administratorOf } from '../cli/command.ts'
import { ask } from '../native/ask.ts'
import { type Server, startServer } from '../server.ts'

let server: Server
let rollcall: ReturnType<typeof administratorOf>
let home = ''

beforeAll(async () => {
  server = await startServer()
  rollcall = administratorOf(server)
  home = await mkdtemp(join(tmpdir(), 'rollcall-people-'))
})
afterAll(async () => {
  await server.stop()
  await rm(home, { recursive: true })
})

const lines = (...entries: readonly object[]): string => entries.map((entry) => JSON.stringify(entry)).join('\n')
const userOf = async (username: string) => (await ask(server, `GET /v1/users/${username}`)).body
const mattermostId = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 26)

/** What became of each entry, by username. */
async function importing(from: string, text: string, ...options: readonly string[]) {
  const file = join(home, 'list')
  await writeFile(file, text)
  const { code, stdout, stderr } = await rollcall(['user', 'import', file, '--from', from, '--json', ...options])
  const outcomes = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  return { code, stderr, outcomes, results: Object.fromEntries(outcomes.map((outcome) => [outcome.username, outcome])) }
}

test('[I5] a bulk export of Mattermost, its list of users and its table are read; ids and passwords come along', async () => {
  const bulk = lines(
    { type: 'version', version: 1 },
    { type: 'team', team: { name: 'core' } },
    {
      type: 'user',
      user: { username: 'mm.bulk', email: 'bulk@mm.example', first_name: 'Bulk', last_name: 'Export', roles: 'system_user' },
    },
    { type: 'user', user: { username: 'mm.gone', email: 'gone@mm.example', delete_at: 1_700_000_000_000 } },
    { type: 'bot', bot: { username: 'mm.bot', display_name: 'A Bot' } },
    { type: 'user', user: { email: 'nameless@mm.example' } },
  )
  const first = await importing('mattermost', bulk)
  expect(first).toMatchObject({ code: 1, results: { 'mm.bulk': { result: 'created', withoutPassword: true } } })
  expect(first.outcomes.find(({ line }) => line === 6)).toEqual({ line: 6, result: 'refused', why: 'it has no username' })
  expect(await userOf('mm.bulk')).toMatchObject({ name: 'Bulk Export', email: 'bulk@mm.example', active: true })
  expect(await userOf('mm.gone')).toMatchObject({ active: false })
  expect(await userOf('mm.bot')).toMatchObject({ bot: true, name: 'A Bot', roles: ['bot'] })

  const users = [
    { id: mattermostId('bulk'), username: 'mm.bulk', email: 'bulk@mm.example', email_verified: true, delete_at: 0 },
    {
      id: mattermostId('api'),
      username: 'mm.api',
      email: 'api@mm.example',
      roles: 'system_user system_admin',
      timezone: { useAutomaticTimezone: 'false', manualTimezone: 'Asia/Tokyo' },
    },
  ]
  const second = await importing('mattermost', JSON.stringify(users, null, 2))
  expect(second.results).toMatchObject({
    'mm.bulk': { result: 'updated', by: 'email' },
    'mm.api': { result: 'created', administered: true },
  })
  expect((await userOf('mm.bulk')).ids.mattermost).toBe(mattermostId('bulk'))
  expect(await userOf('mm.api')).toMatchObject({
    roles: ['user'],
    timezone: 'Asia/Tokyo',
    ids: { mattermost: mattermostId('api') },
  })

  const rows = lines({
    id: mattermostId('row'),
    username: 'mm.row',
    password: await hash('their own', 4),
    authservice: '',
    email: 'row@mm.example',
    emailverified: true,
    deleteat: 0,
  })
  expect((await importing('mattermost', rows)).results['mm.row']).toEqual({
    line: 1,
    username: 'mm.row',
    result: 'created',
    id: expect.any(String),
  })
  await server.login('mm.row', 'their own')
  const again = await importing('mattermost', rows)
  expect(again).toMatchObject({ code: 0, results: { 'mm.row': { result: 'unchanged', by: 'id' } } })
})

test('[I6] users of Rocket.Chat join who is here by e-mail or username; whoever could be two is listed, and left alone', async () => {
  for (const [username, email] of [
    ['both', 'both@a.example'],
    ['by.name', null],
    ['taken', 'taken@a.example'],
    ['mail.of', 'shared@a.example'],
  ] as const)
    await ask(server, 'POST /v1/users', { body: { username, email } })
  const digest = createHash('sha256').update('rocket').digest('hex')
  const documents = lines(
    {
      _id: 'RcBoth1',
      username: 'Both.There',
      name: 'Other Name',
      emails: [{ address: 'BOTH@a.example', verified: true }],
      type: 'user',
      roles: ['user', 'admin'],
      services: { password: { bcrypt: await hash(digest, 4) } },
    },
    { _id: 'RcName2', username: 'by.name', emails: [{ address: 'name@a.example', verified: true }], type: 'user' },
    { _id: 'RcTaken3', username: 'taken', emails: [{ address: 'somebody@else.example', verified: true }], type: 'user' },
    { _id: 'RcUnverified4', username: 'rc.unverified', emails: [{ address: 'shared@a.example', verified: false }], type: 'user' },
    { _id: 'RcTwo5', username: 'taken', emails: [{ address: 'shared@a.example', verified: true }], type: 'user' },
    { _id: 'RcTwice6', username: 'by.name', type: 'user' },
    { _id: 'rocket.cat', username: 'rocket.cat', type: 'bot', active: true, utcOffset: { $numberInt: '2' } },
    { _id: 'RcVisitor', username: 'guest-7', type: 'visitor' },
    { _id: 'RcHalf', emails: [], type: 'user' },
  )
  const { code, results, outcomes } = await importing('rocketchat', documents)
  expect(code).toBe(1)
  expect(results['Both.There']).toMatchObject({ result: 'updated', by: 'email' })
  expect(await userOf('both')).toMatchObject({ name: 'both', roles: ['user'], ids: { rocketchat: 'RcBoth1' } })
  await server.login('both', 'rocket')
  expect(await userOf('by.name')).toMatchObject({ email: 'name@a.example', ids: { rocketchat: 'RcName2' } })
  expect(await userOf('rocket.cat')).toMatchObject({ bot: true, utcOffset: 2, ids: { rocketchat: 'rocket.cat' } })
  expect(outcomes.filter(({ result }) => result === 'ambiguous').map(({ line, why }) => [line, why])).toEqual([
    [3, 'a user taken is here, with another e-mail address'],
    [4, 'its e-mail address is that of mail.of, but was never verified'],
    [5, 'its e-mail address is that of mail.of, its username that of another user'],
    [6, 'line 2 is by.name already'],
  ])
  const again = await importing('rocketchat', documents)
  expect(again.outcomes.filter(({ by }) => by !== undefined).map(({ result, by }) => `${result} by ${by}`)).toEqual(
    Array.from({ length: 3 }, () => 'unchanged by id'),
  )
  const answer = JSON.stringify({
    users: [{ _id: 'RcList', username: 'rc.list', active: true }],
    count: 1,
    offset: 0,
    total: 1,
    success: true,
  })
  expect((await importing('rocketchat', answer)).results['rc.list']).toMatchObject({ result: 'created' })
  const remade = await importing('rocketchat', lines({ _id: 'RcNew', username: 'rc.list' }))
  expect(remade.results['rc.list']).toMatchObject({
    result: 'ambiguous',
    why: 'rc.list has another rocketchat id already: RcList',
  })
})

test('[I7] an associate’s number is kept, and whoever happens to hold it is not taken for them', async () => {
  const { ids, username } = (await ask(server, 'POST /v1/users', { body: { username: 'so.holder' } })).body
  const sheet = `AssociateId;Name;FullName;E-mail;Deleted\r\n${ids.superoffice};"SO1";"Sonja; One";sonja@so.example;0\r\n90001;SO2;Two;;1\r\n`
  const refused = await importing('superoffice', sheet)
  expect(refused).toMatchObject({ code: 1, results: { SO1: { result: 'ambiguous' }, SO2: { result: 'created' } } })
  expect(refused.results['SO1'].why).toContain(`is the number of ${username} here`)
  const moved = await importing('superoffice', sheet, '--renumber')
  expect(moved).toMatchObject({ code: 0, results: { SO1: { result: 'created' }, SO2: { result: 'unchanged', by: 'id' } } })
  expect(await userOf('SO1')).toMatchObject({ name: 'Sonja; One', ids: { superoffice: ids.superoffice } })
  expect((await userOf('so.holder')).ids.superoffice).toBeGreaterThan(1_000_000_000)
  expect(await userOf('SO2')).toMatchObject({ active: false })
  const json = JSON.stringify({ value: [{ AssociateId: 90_002, Name: 'so.json', FullName: 'Json', EMail: 'json@so.example' }] })
  expect((await importing('superoffice', json)).results['so.json']).toMatchObject({ result: 'created' })
})

test('[I8] a spreadsheet is read by its header; a trial changes nothing; links are for whoever has no password', async () => {
  const sheet =
    '\uFEFFUsername,Name,E-mail,Roles,Password,Mattermost\ncsv.one,"One, First",one@csv.example,guest,,\ncsv.two,Two,,,secret,\n\ncsv three,,,,,\n'
  const trial = await importing('csv', sheet, '--dry-run', '--links')
  expect(trial.outcomes.map(({ result }) => result)).toEqual(['would create', 'would create', 'would create'])
  expect((await ask(server, 'GET /v1/users/csv.one')).status).toBe(404)
  const { results, code } = await importing('csv', sheet, '--links')
  expect(results['csv.one'].passwordLink.url).toMatch(new RegExp(`^${server.url}/set-password#[\\w-]{43}$`))
  expect(await userOf('csv.one')).toMatchObject({ name: 'One, First', roles: ['guest'], email: 'one@csv.example' })
  expect(results['csv.two']).not.toHaveProperty('passwordLink')
  expect([code, results['csv three'].result, results['csv three'].why]).toEqual([
    1,
    'refused',
    expect.stringContaining('username must be'),
  ])
  await server.login('csv.two', 'secret')
  const file = join(home, 'list')
  const { stdout, stderr } = await rollcall(['user', 'import', file, '--from', 'csv', '--links'])
  expect(stdout).toMatch(/^csv\.one {2}http\S+\n2 as they were, 1 refused\.\n/)
  expect(stderr).toMatch(/^line 5 \(csv three\): /)
  const link = (await rollcall(['user', 'link', 'csv.one'])).stdout
  expect(link).toMatch(/\/set-password#[\w-]{43}\n$/)
})

test('[I8] what is no list is refused in words, and so is an option that needs one', async () => {
  await writeFile(join(home, 'odd'), 'Dear Sir or Madam\n')
  const told: readonly (readonly [readonly string[], RegExp])[] = [
    [['odd', '--from', 'mattermost'], /^rollcall: This is no list of mattermost/],
    [['odd', '--from', 'teams'], /Allowed choices are mattermost, rocketchat, superoffice, csv/],
    [['odd', '--dry-run'], /say whose with --from/],
  ]
  for (const [[file = '', ...rest], words] of told)
    expect(await rollcall(['user', 'import', join(home, file), ...rest])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(words),
    })
})
