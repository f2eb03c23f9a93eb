import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { colourOf, noteInWords } from '../../src/cli/say.ts'
import { untilOf } from '../../src/cli/until.ts'
import { COMPILED, startServer } from '../server.ts'
import { runShell } from '../shell.ts'
import { serveFile } from './command.ts'

const ENTRY = fileURLToPath(new URL('../../src/bin/rollcall.ts', import.meta.url))

const { server, rollcall } = await serveFile()

const setBusy = (username: string, availability: string) =>
  server.call('PUT', `/v1/presence/${username}/availability`, server.adminToken, { availability })

test('[K17] a status is set with a note until a time, explained, and withdrawn', async () => {
  await server.createUser({ username: 'anna', password: null })
  const set = await rollcall(['status', 'set', 'busy', '--note', 'Writing', '--emoji', 'books', '--until', '2h', '-u', 'anna'])
  expect(set).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^anna is busy since \S+ until \S+ · :books: Writing until \S+\n$/),
  })
  const { until, note } = JSON.parse((await rollcall(['status', 'anna', '--json'])).stdout)
  expect(note.until).toBe(until)
  expect(Math.abs(Date.parse(until) - Date.now() - 7_200_000)).toBeLessThan(60_000)
  const { stdout } = await rollcall(['why', 'anna', '--zone', 'UTC'])
  expect(stdout).toMatch(/busy since .* until .*\n\nKIND +SAYS +SINCE/)
  expect((await rollcall(['why', 'anna'], { env: { LANG: 'de_AT.UTF-8' } })).stdout).toMatch(/^Gezeigt als beschäftigt seit /)
  expect(JSON.parse((await rollcall(['why', 'anna', '--json'])).stdout).facts.length).toBeGreaterThan(0)
  const cleared = await rollcall(['status', 'clear', '-u', 'anna', '--json'])
  expect(JSON.parse(cleared.stdout)).toMatchObject({ availability: 'offline' })
  for (const [args, words] of [
    [['busy', '--until', 'later'], 'is no time; say 30m'],
    [['sleeping'], 'must be'],
    [['away', '--activity', 'asleep'], 'Allowed choices'],
  ] as const)
    expect(await rollcall(['status', 'set', ...args])).toMatchObject({ code: 1, stderr: expect.stringContaining(words) })
})

test('[K17] times are read as people say them', () => {
  const now = new Date(2027, 0, 31, 14, 30)
  const here = (...parts: readonly [number, number, number, number, number]): string => new Date(...parts).toISOString()
  const told: Readonly<Record<string, string>> = {
    '30m': here(2027, 0, 31, 15, 0),
    '2h': here(2027, 0, 31, 16, 30),
    '1d': here(2027, 1, 1, 14, 30),
    '15:00': here(2027, 0, 31, 15, 0),
    '9:05': here(2027, 1, 1, 9, 5),
    '2027-02-03': here(2027, 1, 3, 0, 0),
    '2027-02-03T10:00:00+02:00': '2027-02-03T08:00:00.000Z',
  }
  for (const [word, at] of Object.entries(told)) expect([word, untilOf(word, now)]).toEqual([word, at])
  for (const word of ['', 'soon', '25:00', '99999h', '12', '2027-02-30', '2027-02-30T10:00:00Z', '2027-13-01'])
    expect(() => untilOf(word, now)).toThrow('is no time')
})

test('[K18] changes are told as they come, over a restart of the server too', async () => {
  await using other = await startServer()
  await other.createUser({ username: 'bert', password: null })
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: COMPILED,
    ROLLCALL_URL: other.url,
    ROLLCALL_TOKEN: other.adminToken,
  }
  const child = spawn(process.execPath, [ENTRY, 'watch', 'bert', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const said = (): string[] => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).presence.availability]))
  await expect.poll(said, { timeout: 10_000 }).toEqual(['offline'])
  const set = (availability: string) => other.call('PUT', '/v1/presence/bert/availability', other.adminToken, { availability })
  await set('busy')
  await expect.poll(said, { timeout: 10_000 }).toEqual(['offline', 'busy'])
  await other.kill()
  await other.restart()
  await set('away')
  await expect.poll(() => said().at(-1), { timeout: 15_000 }).toBe('away')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('[K18] on a terminal it is a table, which leaves the screen as it was', async () => {
  await server.createUser({ username: 'carla', password: null })
  await setBusy('carla', 'dnd')
  const env = { ROLLCALL_URL: server.url, ROLLCALL_TOKEN: server.adminToken, TERM: 'xterm' }
  const command = `'${process.execPath}' '${ENTRY}' watch carla --seconds 1`
  const { stdout, code } = await runShell(`script -qec "${command}" /dev/null`, { cwd: server.folder, env })
  expect(code).toBe(0)
  expect(stdout).toMatch(/USERNAME +STATUS[\s\S]*carla +\S*dnd/)
  expect(stdout.endsWith('\u001B[?25h\u001B[?1049l')).toBe(true)
})

test('[K19] bash completes commands and options at any depth', async () => {
  const env = { ROLLCALL_URL: server.url }
  const complete = (...words: readonly string[]) => `
    COMP_WORDS=(rollcall ${words.join(' ')} ''); COMP_CWORD=${words.length}; _rollcall; echo "\${COMPREPLY[@]}"`
  const script = `source <(rollcall completion bash)${complete('mig')}${complete('user', 'imp')}${complete('status', 'set', '--unt')}`
  expect(await runShell(script, { cwd: server.folder, env })).toEqual({
    code: 0,
    stdout: 'migrate\nimport\n--until\n',
    stderr: '',
  })
  for (const shell of ['zsh', 'fish']) expect((await rollcall(['completion', shell])).stdout).toContain('migrate')
})

test('[K20] neither colours nor bars where there is no terminal, and nothing that steers one', async () => {
  expect(colourOf('busy')).toBe('busy')
  expect(noteInWords({ text: 'a\u001B[2Jb\nc', emoji: 'x' })).toBe(':x: a [2Jb c')
  await setBusy('admin', 'busy')
  const ended = await rollcall(['status', 'admin'])
  expect([ended.stdout.includes('\u001B'), ended.stderr]).toEqual([false, ''])
})

test('[K11] commands that do something say what, as JSON too', async () => {
  await server.createUser({ username: 'dora', password: null })
  const { folder } = JSON.parse((await rollcall(['backup', 'tuesday', '--json'])).stdout)
  expect(folder).toMatch(/tuesday$/)
  const run = (args: readonly string[], input = '') => rollcall([...args, '--json'], { input })
  expect(JSON.parse((await run(['user', 'passwd', 'dora'], 'new one\n')).stdout)).toMatchObject({ username: 'dora' })
  expect(JSON.parse((await run(['group', 'add', 'night'])).stdout)).toMatchObject({ name: 'night' })
  expect(JSON.parse((await run(['group', 'remove', 'night'])).stdout)).toEqual({ group: 'night' })
  const store = `file:${folder}`
  expect(JSON.parse((await run(['admin', 'reset', '--store', store])).stdout)).toEqual({
    username: 'admin',
    password: expect.any(String),
  })
  expect(JSON.parse((await run(['migrate', store, `file:${server.folder}/moved`])).stdout).records).toBeGreaterThan(3)
})
