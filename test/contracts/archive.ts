import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../src/core/errors.ts'
import type { Append, Archived, ArchiveRange, Ledger } from '../../src/core/ports.ts'
import { beginner, type LedgerUnderTest } from './ledger.ts'

const SERIES = ['history/ann', 'history/anna', 'æøå', '🙂', '｡', 'audit']
const PARTITIONS = ['directory', 'facts/0']

/** L7 and L8 for any ledger. */
export function archiveContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name} keeps the promises of an archive:`, () => {
    const begin = beginner(open)

    test('[L7] an append is there exactly when its commit is, whatever was refused or failed', async () => {
      const { ledger, faulty } = await begin()
      let written = 0
      await fc.assert(
        fc.asyncProperty(fc.array(aCommit, { maxLength: 20 }), async (commits) => {
          for (const { partition, key, knows, appends } of commits) {
            const before = await stateOf(ledger, partition)
            const version = before.versions.get(key) ?? 0
            const value = `${++written}`
            const writes = [{ key, value: Buffer.from(value), expects: knows ? version : version + 1 }]
            const answer = await attempt(ledger, partition, writes, appends)
            const { values, position, archived } = await stateOf(ledger, partition)
            const appended = archived.filter((entry) => entry.version > before.position).map(plain)
            const isThere = values.get(key) === value
            expect(appended).toEqual(isThere ? expectedOf(appends, position) : [])
            if (answer !== null) expect(isThere).toBe(answer.committed)
            else expect(faulty, 'only a faulty ledger fails').toBe(true)
          }
        }),
        { numRuns: 10 },
      )
    })

    test('[L7] appends alone are a commit too: its position is told to followers, and nothing else of it', async () => {
      const { ledger } = await begin()
      const heard: unknown[] = []
      let visits = 0
      ledger.follow(await ledger.load(() => visits++), { commit: (commit) => heard.push(commit), reload: () => {} })
      const version = await insist(ledger, [{ series: 'audit', at: 5, value: Buffer.from('x') }])
      expect(heard.at(-1)).toEqual({ partition: 'directory', version, writes: [] })
      await ledger.load(() => visits++)
      expect(visits).toBe(0)
    })

    test('[L8] a range is what a sorted list would answer: order, bounds, page by page', async () => {
      const { ledger } = await begin()
      await fc.assert(
        fc.asyncProperty(fc.array(anAppend, { maxLength: 8 }), aRange, async (appends, { series, pageSize, ...range }) => {
          if (appends.length > 0) await insist(ledger, appends)
          const { archived } = await stateOf(ledger, 'directory')
          const { from = 0, to = Number.POSITIVE_INFINITY } = range
          const own = archived.filter((entry) => entry.series === series)
          expect(own.map(({ place }) => place)).toEqual(own.map(({ place }) => place).sort())
          expect(own.map(({ at }) => at)).toEqual(own.map(({ at }) => at).sort((one, other) => one - other))
          const wanted = own.filter((entry) => entry.at >= from && entry.at < to)
          if (range.order === 'newest-first') wanted.reverse()
          const found: Archived[] = []
          for (let page: readonly Archived[] = [], first = true; first || page.length === pageSize; first = false) {
            const after = page.at(-1)?.place
            page = await ledger.archive.range('directory', series, { ...range, ...(after && { after }), limit: pageSize })
            found.push(...page)
          }
          expect(found.map(({ place, at, version }) => ({ place, at, version }))).toEqual(
            wanted.map(({ place, at, version }) => ({ place, at, version })),
          )
        }),
        { numRuns: 25 },
      )
    })

    test('[L8] names are those of the series that have entries, page by page, of that partition alone', async () => {
      const { ledger } = await begin()
      for (const series of SERIES) await insist(ledger, [{ series, at: 1, value: Buffer.from('x') }])
      const names: string[] = []
      for (let page: readonly string[] = ['']; page.length > 0; names.push(...page)) {
        const after = names.at(-1)
        page = await ledger.archive.names('directory', { ...(after !== undefined && { after }), limit: 2 })
      }
      expect(names).toEqual([...SERIES].sort((one, other) => Buffer.from(one).compare(Buffer.from(other))))
      expect(await ledger.archive.names('facts/0', { limit: 10 })).toEqual([])
    })

    test('[L8] what is erased is gone for good, the rest and other series stay', async () => {
      const { ledger, reopen } = await begin()
      for (let at = 0; at < 2_500; at += 250)
        await insist(
          ledger,
          Array.from({ length: 250 }, (_, i) => anEntry('history/ann', at + i)),
        )
      await insist(ledger, [anEntry('history/anna', 1), anEntry('audit', 1)])
      await persist(() => ledger.archive.erase('directory', 'history/ann', 2_000))
      await persist(() => ledger.archive.erase('directory', 'audit'))
      await persist(() => ledger.archive.erase('directory', 'nothing'))
      const again = reopen === null ? ledger : await reopen()
      const left = await again.archive.range('directory', 'history/ann', { order: 'oldest-first', limit: 1_000 })
      expect([left.length, left[0]?.at]).toEqual([500, 2_000])
      expect(await again.archive.names('directory', { limit: 10 })).toEqual(['history/ann', 'history/anna'])
    })

    test('an append without a name, with one that is no text, or at no instant, is refused as the bug it is', async () => {
      const { ledger, faulty } = await begin()
      if (faulty) return expect(ledger.factsPartitions).toBeGreaterThan(0)
      const value = Buffer.from('x')
      for (const append of [
        { series: '', at: 1 },
        { series: 'a\0b', at: 1 },
        { series: '\ud800', at: 1 },
      ])
        await expect(ledger.commit('directory', [], [{ ...append, value }])).rejects.toThrow('name of a series')
      for (const at of [-1, 1.5, Number.NaN])
        await expect(ledger.commit('directory', [], [anEntry('a', at)])).rejects.toThrow('instant')
    })
  })
}

const anEntry = (series: string, at: number): Append => ({ series, at, value: Buffer.from(`${at}`) })

const anAppend: fc.Arbitrary<Append> = fc.record({
  series: fc.constantFrom(...SERIES),
  at: fc.integer({ min: 0, max: 20 }),
  value: fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
})

const aCommit = fc.record({
  partition: fc.constantFrom(...PARTITIONS),
  key: fc.constantFrom('ann', 'bob'),
  knows: fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, { arbitrary: fc.constant(false), weight: 1 }),
  appends: fc.array(anAppend, { maxLength: 3 }),
})

const aRange: fc.Arbitrary<Omit<ArchiveRange, 'limit'> & { series: string; pageSize: number }> = fc
  .record({
    series: fc.constantFrom(...SERIES),
    order: fc.constantFrom('oldest-first' as const, 'newest-first' as const),
    pageSize: fc.integer({ min: 1, max: 7 }),
    from: fc.option(fc.integer({ min: 0, max: 21 }), { nil: -1 }),
    to: fc.option(fc.integer({ min: 0, max: 21 }), { nil: -1 }),
  })
  .map(({ from, to, ...rest }) => ({ ...rest, ...(from >= 0 && { from }), ...(to >= 0 && { to }) }))

/** All that a partition holds, read anew. */
async function stateOf(ledger: Ledger, partition: string) {
  const versions = new Map<string, number>()
  const values = new Map<string, string>()
  const positions = await ledger.load((entry) => {
    if (entry.partition !== partition) return
    versions.set(entry.key, entry.version)
    values.set(entry.key, Buffer.from(entry.value).toString())
  })
  const archived: (Archived & { readonly series: string })[] = []
  for (const series of await ledger.archive.names(partition, { limit: 100 })) {
    const entries = await ledger.archive.range(partition, series, { order: 'oldest-first', limit: 10_000 })
    archived.push(...entries.map((entry) => ({ ...entry, series })))
  }
  return { versions, values, position: positions[partition] ?? 0, archived }
}

const plain = ({ series, at, version, value }: Archived & { readonly series: string }) =>
  `${series} ${at} ${version} ${Buffer.from(value).toString('hex')}`

function expectedOf(appends: readonly Append[], version: number): string[] {
  const named = SERIES.toSorted((one, other) => Buffer.from(one).compare(Buffer.from(other)))
  return named.flatMap((name) => {
    const own = appends.filter(({ series }) => series === name).sort((one, other) => one.at - other.at)
    return own.map((append) => `${name} ${append.at} ${version} ${Buffer.from(append.value).toString('hex')}`)
  })
}

/** Null: it failed, and may or may not have taken place. */
async function attempt(ledger: Ledger, partition: string, writes: Parameters<Ledger['commit']>[1], appends: readonly Append[]) {
  return ledger.commit(partition, writes, appends).catch((error: unknown) => {
    expect(error).toBeInstanceOf(Failure)
    return null
  })
}

/** Appends until it is told that it was committed; a lost answer may leave the same twice. Answers the version. */
async function insist(ledger: Ledger, appends: readonly Append[]): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const { position } = await stateOf(ledger, 'directory')
    const answer = await attempt(ledger, 'directory', [], appends)
    if (answer?.committed) return answer.version
    const { position: after } = await stateOf(ledger, 'directory')
    if (after > position) return after
  }
  throw new Error('never committed')
}

async function persist(does: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await does()
    } catch (error) {
      if (tries > 20) throw error
    }
  }
}
