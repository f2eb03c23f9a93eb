import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer } from '../server.ts'
import { ROOT } from '../sources.ts'

const run = promisify(execFile)
const TSC = join(ROOT, 'node_modules/.bin/tsc')

/** What somebody writes who has nothing but the package. */
const PROGRAM = `
import { administer } from 'rollcall/admin'
import { type Client, connect, Failure, type ShownPresence } from 'rollcall/client'

const client: Client = connect({ url: process.argv[2] ?? '', token: process.argv[3] ?? '' })
const seen: ShownPresence = await client.setAvailability('me', 'busy', { until: new Date(Date.now() + 60_000) })
client.watch([seen.userId], (presence: ShownPresence | null) => console.log(presence?.availability))
await client.ready()
const failure: unknown = await client.read('nobody-at-all').catch((error: unknown) => error)
if (failure instanceof Failure && failure.reason === 'no_such_user') console.log(failure.code)
for await (const user of administer(client).users()) console.log(user.username)
client.close()
`

const WRONG = `
import { connect } from 'rollcall/client'
void connect({ url: '', token: '' }).setAvailability('me', 'sleeping')
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-package-'))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  const [packed = ''] = await readdir(folder)
  const place = join(folder, 'node_modules/rollcall')
  await mkdir(place, { recursive: true })
  // The client has no dependencies: nothing but the package is there.
  await run('tar', ['xzf', join(folder, packed), '-C', place, '--strip-components', '1'])
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'empty', type: 'module' }))
  await writeFile(join(folder, 'program.ts'), PROGRAM)
  await writeFile(join(folder, 'wrong.ts'), WRONG)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const check = (file: string, lib: string, ...more: string[]) =>
  run(
    TSC,
    ['--noEmit', '--strict', '--ignoreConfig', '--target', 'es2024', '--module', 'nodenext', '--lib', lib, ...more, file],
    { cwd: folder },
  ).then(
    () => '',
    ({ stdout }: { readonly stdout: string }) => stdout,
  )

test('[X13] the package, put into an empty project, has types, with the libraries of a browser or of Node', async () => {
  await writeFile(join(folder, 'globals.d.ts'), 'declare const process: { argv: string[] }\n')
  expect(await check('program.ts', 'es2024,dom', '--types', '', 'globals.d.ts')).toBe('')
  const types = join(ROOT, 'node_modules/@types')
  expect(await check('program.ts', 'es2024', '--typeRoots', types, '--types', 'node')).toBe('')
  expect(await check('wrong.ts', 'es2024,dom', '--types', '')).toMatch(/'"sleeping"' is not assignable/)
})

test('[X13] it runs there, with nothing else installed', async () => {
  await using server = await startServer({ store: 'memory:' })
  const { token } = await server.createUser({ username: 'anna', password: null })
  const { stdout, stderr } = await run(process.execPath, ['program.ts', server.url, token], { cwd: folder })
  expect({ stdout, stderr }).toEqual({ stdout: 'busy\nnot_found\nadmin\nanna\n', stderr: '' })
  expect(await readdir(join(folder, 'node_modules'))).toEqual(['rollcall'])
})
