import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressReader } from '../../src/bin/addresses.ts'

const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as never

test.each([
  { trusted: [], peer: '10.0.0.1', forwarded: '192.0.2.7', address: '10.0.0.1' },
  { trusted: ['10.0.0.1'], peer: '10.0.0.1', forwarded: '192.0.2.7', address: '192.0.2.7' },
  { trusted: ['10.0.0.0/8'], peer: '10.0.0.1', forwarded: '198.51.100.1, 192.0.2.7, 10.0.0.2', address: '192.0.2.7' },
  { trusted: ['loopback'], peer: '127.0.0.1', forwarded: '192.0.2.7', address: '192.0.2.7' },
  { trusted: ['loopback'], peer: '203.0.113.5', forwarded: '192.0.2.7', address: '203.0.113.5' },
])('[ST10] a socket’s address is $address from $peer, trusting $trusted', ({ trusted, peer, forwarded, address }) => {
  expect(addressReader(trusted)(from(peer, forwarded))).toBe(address)
})
