import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('[ST5] SIGTERM sent to npm start ends the server, which is its child', { timeout: 60_000 }, async () => {
  // The build is there already, and others are using it.
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: ROOT,
    env: { ...process.env, ROLLCALL_PORT: '0', ROLLCALL_STORE: 'memory:', ROLLCALL_LOG: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  for await (const chunk of npm.stdout.setEncoding('utf8')) {
    told += chunk
    if (told.includes('rollcall listening on ')) break
  }
  const url = /rollcall listening on (\S+)/.exec(told)?.[1] ?? ''
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  const ended = once(npm, 'exit')
  npm.kill('SIGTERM')
  await ended
  await expect
    .poll(
      () =>
        fetch(`${url}/healthz`).then(
          ({ status }) => status,
          () => 'nobody',
        ),
      { timeout: 10_000 },
    )
    .toBe('nobody')
})
