import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { startServer } from '../server.ts'

const FILES = join(import.meta.dirname, 'tls')
const ca = await Promise.all(['one', 'two'].map((name) => readFile(join(FILES, `${name}.cert.pem`))))

async function folderWith(name: 'one' | 'two') {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-tls-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const env = { ROLLCALL_TLS_CERT: join(folder, 'cert.pem'), ROLLCALL_TLS_KEY: join(folder, 'key.pem') }
  const put = async (other: string) => {
    await copyFile(join(FILES, `${other}.cert.pem`), env.ROLLCALL_TLS_CERT)
    await copyFile(join(FILES, `${other}.key.pem`), env.ROLLCALL_TLS_KEY)
  }
  await put(name)
  return { env, put }
}

/** The status of `/readyz`, and whom the certificate names. */
function ask(url: string): Promise<{ status: number | undefined; name: string | undefined }> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/readyz`, { ca, agent: false }, (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate()
      response.resume()
      resolve({ status: response.statusCode, name: subject.CN as string })
    })
    request.on('error', reject)
  })
}

test('[ST14] it serves https and wss, and takes a new certificate on SIGHUP without losing a connection', async () => {
  const { env, put } = await folderWith('one')
  await using server = await startServer({ store: 'memory:', env: { ...env, ROLLCALL_ADMIN_PASSWORD: undefined } })
  expect(server.url).toMatch(/^https:/)
  expect(await ask(server.url)).toEqual({ status: 200, name: 'rollcall test one' })
  const socket = new WebSocket(`${server.url.replace('https', 'wss')}/v1/socket`, { ca })
  await once(socket, 'open')

  await put('two')
  process.kill(server.pid ?? 0, 'SIGHUP')
  await vi.waitFor(async () => expect((await ask(server.url)).name).toBe('rollcall test two'), { timeout: 10_000 })
  await writeFile(env.ROLLCALL_TLS_CERT, 'nonsense')
  process.kill(server.pid ?? 0, 'SIGHUP')
  await vi.waitFor(() => expect(server.logs.stderr).toContain('the certificate stays as it was'), { timeout: 10_000 })
  expect(await ask(server.url)).toEqual({ status: 200, name: 'rollcall test two' })
  socket.send(JSON.stringify({ type: 'hello', token: 'none' }))
  expect(await once(socket, 'message')).toBeDefined()
  expect(await server.stop()).toBe(0)
})

test('[ST14] what cannot be served with refuses to start, and says why', async () => {
  const { env, put } = await folderWith('one')
  const start = (given: Readonly<Record<string, string | undefined>>) => startServer({ store: 'memory:', env: given })
  await expect(start({ ...env, ROLLCALL_TLS_KEY: undefined })).rejects.toThrow('ROLLCALL_TLS_KEY is not given')
  await expect(start({ ...env, ROLLCALL_TLS_CERT: '/nowhere/cert.pem' })).rejects.toThrow(
    '/nowhere/cert.pem, which cannot be read (ENOENT)',
  )
  await put('two')
  await copyFile(join(FILES, 'one.cert.pem'), env.ROLLCALL_TLS_CERT)
  await expect(start(env)).rejects.toThrow('cannot be used together')
})
