import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isId, mattermostIds } from '../../src/dialects/mattermost/ids.ts'

const origin = mattermostIds.origin as (userId: string) => string

test('[MM-1.5-4] a user id that is 26 letters and digits is the id here too', () => {
  expect(origin('4xp9fdt77pncbef59f4k1qe83o')).toBe('4xp9fdt77pncbef59f4k1qe83o')
  expect(origin('A'.repeat(26))).toBe('A'.repeat(26))
})

test('[MM-1.5-4] from any other one an id follows, always the same, another for each', () => {
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), (userId) => {
      const id = origin(userId)
      expect(isId(id)).toBe(true)
      expect(origin(userId)).toBe(id)
      expect(seen.get(id) ?? userId).toBe(userId)
      seen.set(id, userId)
    }),
  )
  expect(origin('ada')).toBe(origin('ada'))
})

test('[MM-1.5-2] an id is 26 letters and digits', () => {
  for (const id of ['', 'me', 'a'.repeat(25), 'a'.repeat(27), `${'a'.repeat(25)}-`, `${'a'.repeat(25)}é`])
    expect(mattermostIds.accepts(id)).toBe(false)
  expect(mattermostIds.accepts(`${'aB3'.repeat(8)}aa`)).toBe(true)
})
