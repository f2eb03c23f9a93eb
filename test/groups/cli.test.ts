import { expect, test } from 'vitest'
import { serveFile } from '../cli/command.ts'
import { ask } from '../native/ask.ts'

const { server, rollcall } = await serveFile()

const said = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await rollcall(['group', ...args])
  return `${stdout}${stderr}${code === 0 ? '' : code}`
}

test('[V16] a group is made, filled, counted, asked and removed', async () => {
  for (const username of ['anna', 'bert']) await server.createUser({ username, password: null })
  expect(await said('add', 'Help desk', 'anna')).toMatch(/^Added Help desk \(\w{26}\), of 1\.\n$/)
  expect(await said('add', 'help DESK')).toBe('rollcall: A group named "help DESK" exists.\n1')
  expect(await said('members', 'help desk', '--add', 'bert', 'nobody')).toMatch(/USERNAME[\s\S]*There is no user "nobody"\.\n1$/)
  expect(await said('members', 'help desk', '--remove', 'anna', '--add', 'admin')).toMatch(
    /^USERNAME .*\n(admin|bert) +offline +\d.*\n(admin|bert) .*\n$/,
  )
  expect(await said('free', 'help desk')).toBe('rollcall: Nobody in "Help desk" is online.\n1')
  await ask(server, 'PUT /v1/presence/bert/availability', { body: { availability: 'online' } })
  expect(await said('free', 'help desk', '--peek')).toBe('bert\n')
  expect(await said('free', 'help desk')).toBe('bert\n')
  expect(await said('counts', 'help desk')).toMatch(/^members {2}2\nonline +1\naway +0\n/)
  expect(JSON.parse(await said('counts', 'help desk', '--json'))).toMatchObject({ members: 2, offline: 1 })
  expect(await said('list', '--user', 'bert')).toMatch(/^ID +MEMBERS {2}NAME\n\w{26} {2}2 +Help desk\n$/)
  expect(await said('list', '--user', 'anna')).toBe('ID  MEMBERS  NAME\n')
  expect(await said('remove', 'help desk')).toBe('The group help desk is no more.\n')
})
