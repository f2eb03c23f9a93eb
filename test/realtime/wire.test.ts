import { expect, test } from 'vitest'
import { frameOnce, frameText, payloadOf, textToKeep } from '../../src/realtime/wire.ts'

test('[W4] what is encoded for many keeps nothing but itself', () => {
  const kept = Array.from({ length: 2_000 }, (_, i) => {
    Buffer.from(`read and written between them, and forgotten ${'.'.repeat(500)}`)
    return i % 2 === 0 ? frameText(`${i} ${'é'.repeat(50)}`) : textToKeep(`${i} ${'é'.repeat(50)}`)
  })
  const bytes = kept.reduce((sum, { length }) => sum + length, 0)
  const slabs = new Set(kept.map(({ buffer }) => buffer))
  const held = [...slabs].reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(held).toBeLessThan(bytes + 2 * 65_536)
  for (const [i, one] of kept.entries()) expect(String(i % 2 === 0 ? payloadOf(one) : one)).toBe(`${i} ${'é'.repeat(50)}`)
})

test('[W4] messages of any length are framed as the protocol wants them', () => {
  for (const length of [0, 125, 126, 16_384, 65_535, 65_536, 200_000]) {
    const frame = frameText('x'.repeat(length))
    const head =
      length < 126
        ? [length]
        : length < 65_536
          ? [126, length >> 8, length & 255]
          : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]
    expect([...frame.subarray(0, head.length + 1)]).toEqual([0x81, ...head])
    expect(frame.length).toBe(1 + head.length + length)
    expect(frameOnce('x'.repeat(length)).equals(frame)).toBe(true)
  }
})
