import { expect, test } from 'vitest'
import { createResolve } from '../../src/webhooks/resolve.ts'
import { startNames } from './names.ts'
import { openOffice } from './office.ts'
import { startReceiver } from './receiver.ts'

test('[WH16] a name that says something else a moment later leads nowhere else', async () => {
  await using receiver = await startReceiver()
  await using inside = await startReceiver('127.0.0.2')
  await using names = await startNames((_name, asked) => [asked === 1 ? '127.0.0.1' : '127.0.0.2'])
  await using office = await openOffice({ resolve: createResolve([names.server]) })
  const { webhook } = await office.hooks.create({ url: `http://rebinding.example:${receiver.port}/hooks` })
  expect(names.asked).toEqual([])
  expect(await office.hooks.test(webhook.id)).toMatchObject({ status: 204, why: null })
  // The connection itself asked for nothing: it went to what was checked.
  expect(names.asked).toEqual(['rebinding.example'])
  expect(receiver.received[0]?.headers.host).toBe(`rebinding.example:${receiver.port}`)
  await office.hooks.change(webhook.id, { url: `http://rebinding.example:${inside.port}/hooks` })
  expect((await office.hooks.test(webhook.id)).why).toMatch(
    /^The url is refused: rebinding\.example \(127\.0\.0\.2\) is not a public/,
  )
  expect(names.asked).toHaveLength(2)
  expect(inside.received).toEqual([])
})

test('[WH16] of several addresses only those that may be reached are used', async () => {
  await using receiver = await startReceiver()
  await using names = await startNames(() => ['169.254.169.254', '127.0.0.1', '10.0.0.1'])
  await using office = await openOffice({ resolve: createResolve([names.server]) })
  const { webhook } = await office.hooks.create({ url: `http://many.example:${receiver.port}/` })
  expect(await office.hooks.test(webhook.id)).toMatchObject({ status: 204 })
})

test('[WH16] a redirect to a name is looked up and checked as well', async () => {
  await using receiver = await startReceiver()
  await using names = await startNames((name) => [name === 'front.example' ? '127.0.0.1' : '169.254.169.254'])
  await using office = await openOffice({ resolve: createResolve([names.server]) })
  receiver.answerWith(() => ({ status: 307, headers: { Location: `http://metadata.example:${receiver.port}/latest` } }))
  const { webhook } = await office.hooks.create({ url: `http://front.example:${receiver.port}/` })
  expect((await office.hooks.test(webhook.id)).why).toMatch(/metadata\.example \(169\.254\.169\.254\) is not a public address/)
  expect(names.asked).toEqual(['front.example', 'metadata.example'])
})

test('[WH10] a name that is none, and servers that do not answer, are failures in words', async () => {
  await using names = await startNames(() => [])
  await using office = await openOffice({ resolve: createResolve([names.server]) })
  const { webhook } = await office.hooks.create({ url: 'https://nobody.example/' })
  expect(await office.hooks.test(webhook.id)).toMatchObject({ status: null, why: 'There is no such host.' })
  const silent = new Promise<never>(() => {})
  await using deaf = await openOffice({ resolve: () => silent, limits: { answerMsMax: 50 } })
  const { webhook: other } = await deaf.hooks.create({ url: 'https://nobody.example/' })
  expect((await deaf.hooks.test(other.id)).why).toBe('It did not answer within 0.05 s.')
})

test('[WH15] localhost is loopback, whoever is asked', async () => {
  const resolve = createResolve(['127.0.0.1:9'])
  expect(await resolve('localhost')).toEqual(['127.0.0.1', '::1'])
  expect(await resolve('a.localhost')).toEqual(['127.0.0.1', '::1'])
})
