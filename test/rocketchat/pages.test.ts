import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf, pageOfMany, sorted } from '../../src/dialects/rocketchat/pages.ts'

test('[RC-1.5-16] a page of a long list that is made in slices is that of the whole list', async () => {
  const [aWord, aCount] = [fc.constantFrom('', 'a', 'b', 'c'), fc.option(fc.nat(120))]
  const many = fc.array(fc.option(fc.record({ name: aWord, other: aWord, id: fc.nat() })), { maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(many, fc.integer({ min: 1, max: 100 }), aCount, aCount, async (some, times, count, offset) => {
      const all = Array.from({ length: times }, () => some).flat()
      const listed = all.filter((element) => element !== null)
      const sort = [
        ['name', 1],
        ['other', -1],
      ] as const
      expect(await pageOfMany(all, sort, { count, offset })).toEqual({
        ...pageOf(sorted(listed, sort), { count, offset }),
        total: listed.length,
      })
    }),
  )
})

test('[RC-1.5-16] others have their turn while a long list is gone through', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const slow = (): null => {
    for (const end = performance.now() + 1; performance.now() < end; );
    return null
  }
  function* many() {
    for (let i = 0; i < 60; i++) yield slow()
  }
  expect(await pageOfMany(many(), [['name', 1]], {})).toEqual({ page: [], offset: 0, total: 0 })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(1)
})
