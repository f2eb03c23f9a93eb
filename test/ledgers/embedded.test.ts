import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Entry, Ledger } from '../../src/core/ports.ts'
import { encodeWords, META_KEY } from '../../src/ledgers/embedded/format.ts'
import { type EmbeddedLedger, openEmbeddedLedger } from '../../src/ledgers/embedded/ledger.ts'
import { importStore } from '../../src/ledgers/stopped.ts'

let root = ''
let folder = ''
let words: string[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rollcall-embedded-'))
  folder = join(root, 'ledger')
  words = []
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

const open = (where = folder): Promise<EmbeddedLedger> =>
  openEmbeddedLedger({ folder: where, factsPartitions: 2, log: { warn: (said) => void words.push(said) } })

/** Opens, runs and closes, so that the next one opens what it left. */
async function within<T>(run: (ledger: EmbeddedLedger) => Promise<T>, where = folder): Promise<T> {
  const ledger = await open(where)
  try {
    return await run(ledger)
  } finally {
    await ledger.close()
  }
}

async function put(ledger: Ledger, keys: readonly string[], value = 'x'.repeat(300)): Promise<void> {
  for (const key of keys) {
    const answer = await ledger.commit('facts/0', [{ key, value: Buffer.from(`${key} ${value}`), expects: 0 }])
    expect(answer.committed).toBe(true)
  }
}

async function contentOf(ledger: Ledger) {
  const entries: (Omit<Entry, 'value'> & { value: string })[] = []
  const positions = await ledger.load((entry) => entries.push({ ...entry, value: Buffer.from(entry.value).toString('hex') }))
  return { entries, positions }
}

const keysFrom = (first: number, last: number): readonly string[] =>
  Array.from({ length: last - first }, (_, i) => `key-${first + i}`)

async function filesOf(ending: string): Promise<readonly string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(folder, file))
}

async function flip(file: string, at: (length: number) => number): Promise<void> {
  const bytes = await readFile(file)
  const place = at(bytes.length)
  bytes[place] = (bytes[place] ?? 0) ^ 0x10
  await writeFile(file, bytes)
}

describe('what happened to its files', () => {
  test('[L3] a write torn off at the end of the log is told, leaves what came before, and makes a new epoch', async () => {
    const epoch = await within(async (ledger) => {
      await put(ledger, keysFrom(0, 20))
      return ledger.epoch
    })
    const [log = ''] = await filesOf('.log')
    await truncate(log, (await readFile(log)).length - 100)
    await within(async (ledger) => {
      const { entries, positions } = await contentOf(ledger)
      expect([entries.length, positions['facts/0']]).toEqual([19, 19])
      expect(words).toEqual([expect.stringMatching(/the last write in \d+\.log was not finished: \d+ bytes were dropped/)])
      expect(ledger.epoch).not.toBe(epoch)
      await put(ledger, ['key-19', 'key-20'])
    })
    await within(async (ledger) => expect((await contentOf(ledger)).entries.length).toBe(21))
  })

  test('[L3] wherever the log is cut, a first part of the history remains, or it is told that nothing can be read', async () => {
    await within((ledger) => put(ledger, keysFrom(0, 30)))
    const [log = ''] = await filesOf('.log')
    const whole = await readFile(log)
    const other = await filesOf('')
    const kept = await Promise.all(other.map(async (file) => [file, await readFile(file)] as const))
    for (let length = whole.length; length > 700; length -= 397) {
      for (const file of await filesOf('')) await unlink(file)
      for (const [file, bytes] of kept) await writeFile(file, bytes)
      await truncate(log, length)
      words = []
      await within(async (ledger) => {
        const { entries, positions } = await contentOf(ledger)
        expect(entries.map((entry) => entry.version).sort((a, b) => a - b)).toEqual(entries.map((_, i) => i + 1))
        expect(positions['facts/0']).toBe(entries.length)
        expect(words.length).toBe(length === whole.length ? 0 : 1)
      })
    }
  })

  test('[L3] a byte that flipped in the middle of the log refuses to open, with words, and changes nothing', async () => {
    await within((ledger) => put(ledger, keysFrom(0, 20)))
    const [log = ''] = await filesOf('.log')
    await flip(log, (length) => length >> 1)
    const before = await readFile(log)
    await expect(open()).rejects.toThrow(
      /damaged: \d+\.log cannot be read at byte \d+, but whole writes follow.*Restore the latest backup/,
    )
    expect(await readFile(log)).toEqual(before)
  })

  test('[L3] a byte that flipped in a table is found by load, which says where and what to do', async () => {
    await within((ledger) => put(ledger, keysFrom(0, 2000)))
    await within((ledger) => ledger.compact())
    const [table = ''] = await filesOf('.ldb')
    const intact = await readFile(table)
    for (const part of [0.05, 0.2, 0.5, 0.8, 0.95]) {
      await writeFile(table, intact)
      await flip(table, (length) => Math.floor(length * part))
      const loading = within(contentOf)
      const outcome = await loading.then(
        ({ entries }) => entries.length,
        (error: Error) => error.message,
      )
      if (outcome !== 2000) expect(outcome).toMatch(/the ledger is damaged: .*(facts\/0|entry).*Restore the latest backup/)
    }
    await writeFile(table, intact)
    await within(async (ledger) => expect((await contentOf(ledger)).entries.length).toBe(2000))
  })

  test('[L3] an entry whose value was changed is named by load, and by a commit to it, which harms no other', async () => {
    await within((ledger) => put(ledger, ['ann', 'bob', 'cleo']))
    await withLevel(async (level) => {
      const bytes = (await level.get('facts/0\0bob')) ?? Buffer.alloc(0)
      bytes[20] = 0
      await level.put('facts/0\0bob', bytes)
    })
    await within(async (ledger) => {
      await expect(contentOf(ledger)).rejects.toThrow('its entry "bob" of partition facts/0 does not match its checksum')
      const value = Buffer.from('new')
      const asked = ['ann', 'bob', 'cleo'].map((key, i) => ledger.commit('facts/0', [{ key, value, expects: i + 1 }]))
      const [ann, bob, cleo] = await Promise.allSettled(asked)
      expect([ann?.status, bob?.status, cleo?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(String(bob?.status === 'rejected' && bob.reason)).toContain('"bob"')
    })
  })

  test.each([
    ['lost', (level: Level) => level.del('facts/0\0bob')],
    ['brought back', async (level: Level) => level.put('facts/0\0dora', (await level.get('facts/0\0ann')) ?? Buffer.alloc(0))],
    ['older', async (level: Level, old: Buffer) => level.put('facts/0\0ann', old)],
  ])('[L3] an entry that is %s is noticed, though each one by itself looks whole', async (_, harm) => {
    await within((ledger) => put(ledger, ['ann', 'bob']))
    const old = await withLevel(async (level) => (await level.get('facts/0\0ann')) ?? Buffer.alloc(0))
    await within((ledger) => ledger.commit('facts/0', [{ key: 'ann', value: Buffer.from('later'), expects: 1 }]))
    await withLevel((level) => harm(level, old))
    await within(async (ledger) => expect(contentOf(ledger)).rejects.toThrow(/the ledger is damaged/))
  })

  test('[L3] a table or the manifest that is missing refuses to open, with words', async () => {
    await within((ledger) => put(ledger, keysFrom(0, 20)))
    await within((ledger) => ledger.compact())
    for (const ending of ['.ldb', 'CURRENT']) {
      const [file = ''] = await filesOf(ending)
      const bytes = await readFile(file)
      await unlink(file)
      await expect(open()).rejects.toThrow(/damaged/)
      await writeFile(file, bytes)
    }
  })
})

test('[L5] a newer format refuses to open, with words, and is not touched', async () => {
  await within((ledger) => put(ledger, ['ann']))
  const meta = { format: 2, epoch: 'x', factsPartitions: 2, created: '', state: 'whole' as const }
  await withLevel((level) => level.put(META_KEY, encodeWords(META_KEY, meta)))
  await expect(open()).rejects.toThrow(/has format 2, this version reads up to 1; start the version that wrote it/)
  await withLevel(async (level) => expect(await level.get(META_KEY)).toEqual(encodeWords(META_KEY, meta)))
})

test('[L6] a second process is refused and told who holds the folder; when that one is gone, it may', async () => {
  const ledger = await open()
  const module = join(import.meta.dirname, '../../src/ledgers/embedded/ledger.ts')
  const script = `import { openEmbeddedLedger } from ${JSON.stringify(module)}
    try { await openEmbeddedLedger({ folder: ${JSON.stringify(folder)} }); console.log('opened') }
    catch (error) { console.log(error.code, error.message) }
    process.kill(process.pid, 'SIGKILL')`
  const other = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]).catch((error) => error)
  expect((await other()).stdout).toMatch(
    new RegExp(`conflict .* is held by process ${process.pid} on .+ since \\d{4}-.*one process at a time`),
  )
  await expect(open()).rejects.toThrow('is held by process')
  await ledger.close()
  expect((await other()).stdout).toBe('opened\n')
  await within((again) => put(again, ['a killed holder is no hindrance']))
})

describe('a thread that reads it', () => {
  const afar = () => openEmbeddedLedger({ folder, factsPartitions: 2, entriesAfarMin: 0 })

  test('it visits what this thread would, in the same order, and finds the same damage', async () => {
    const near = await within(async (ledger) => {
      await put(ledger, [...keysFrom(0, 2_500), 'ключ', ''])
      return contentOf(ledger)
    })
    const ledger = await afar()
    expect(await contentOf(ledger)).toEqual(near)
    await ledger.close()
    await within((opened) => opened.compact())
    const [table = ''] = await filesOf('.ldb')
    await flip(table, (length) => Math.floor(length / 3))
    const words = await within((opened) => contentOf(opened).catch((error) => error.message))
    const damaged = await afar()
    await expect(damaged.load(() => {})).rejects.toThrow(words)
    await expect(damaged.load(() => {})).rejects.toMatchObject({ code: 'unavailable', reason: 'ledger_away' })
    await damaged.close()
  })

  test('closing the ledger ends it, and a visitor that throws does; then nothing holds the folder', async () => {
    const value = Buffer.alloc(20)
    const writes = keysFrom(0, 12_000).map((key) => ({ key, value, expects: 0 }))
    await within((ledger) => ledger.commit('facts/0', writes))
    const ledger = await afar()
    const thrown = new Error('enough')
    await expect(
      ledger.load(() => {
        throw thrown
      }),
    ).rejects.toBe(thrown)
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const loading = ledger.load(() => begin())
    const refused = expect(loading).rejects.toMatchObject({ code: 'unavailable' })
    await begun
    await ledger.close()
    await refused
    await expect(ledger.load(() => {})).rejects.toThrow('it is not open')
    await within(async (again) => expect((await contentOf(again)).entries.length).toBe(12_000))
  })
})

describe('copies', () => {
  test('a backup taken while commits go on is one consistent picture, with a new epoch once it is opened', async () => {
    const copy = join(root, 'copy')
    const { ledger, epoch } = await open().then((opened) => ({ ledger: opened, epoch: opened.epoch }))
    await put(ledger, keysFrom(0, 500))
    let going = true
    const writing = (async () => {
      for (let i = 0; going; i++) {
        const writes = ['left', 'right'].map((key) => ({ key, value: Buffer.from(`${i}`), expects: i }))
        expect((await ledger.commit('facts/1', writes)).committed).toBe(true)
      }
    })()
    await ledger.backup(copy)
    going = false
    await writing
    await expect(ledger.backup(copy)).rejects.toThrow('is not empty')
    await ledger.close()
    const epochs = new Set([epoch])
    await within(async (restored) => {
      const { entries, positions } = await contentOf(restored)
      const pair = entries.filter((entry) => entry.partition === 'facts/1').map(({ version, value }) => ({ version, value }))
      expect(entries.filter((entry) => entry.partition === 'facts/0').length).toBe(500)
      expect(pair[0]).toEqual(pair[1])
      expect(pair[0]?.version ?? 0).toBe(positions['facts/1'])
      epochs.add(restored.epoch)
    }, copy)
    await within(async (restored) => void epochs.add(restored.epoch), copy)
    expect(epochs.size).toBe(2)
  })

  test('a backup or import that was never finished does not open', async () => {
    await within((ledger) => put(ledger, ['ann']))
    const meta = { format: 1, epoch: 'x', factsPartitions: 2, created: '', state: 'filling' as const }
    await withLevel((level) => level.put(META_KEY, encodeWords(META_KEY, meta)))
    await expect(open()).rejects.toThrow('never finished: a backup goes into an empty folder again')
  })

  test('an export brings back everything: values of any bytes, versions, positions', async () => {
    const lines = await within(async (ledger) => {
      await put(ledger, keysFrom(0, 1500))
      await ledger.commit('facts/1', [{ key: 'bytes', value: Buffer.from([0, 255, 254, 10, 13]), expects: 0 }])
      await ledger.commit('facts/1', [{ key: 'gone', value: Buffer.from('x'), expects: 0 }])
      await ledger.commit('facts/1', [{ key: 'gone', value: null, expects: 2 }])
      return exported(ledger)
    })
    const other = join(root, 'other')
    await importStore(`file:${other}`, { lines: each(lines) })
    const [was, is] = [await within(contentOf), await within(contentOf, other)]
    expect(is).toEqual(was)
    expect(is.positions['facts/1']).toBe(3)
    await within(async (ledger) => expect(await exported(ledger)).toEqual(lines), other)
  })

  test('[L9] what is archived is part of backups and exports, and comes back with its places', async () => {
    const [copy, other] = [join(root, 'copy'), join(root, 'other')]
    const archived = async (ledger: Ledger) => [
      await ledger.archive.names('facts/1', { limit: 10 }),
      await ledger.archive.range('facts/1', 'history/ann', { order: 'oldest-first', limit: 5_000 }),
    ]
    const [was, lines] = await within(async (ledger) => {
      const many = Array.from({ length: 1500 }, (_, at) => ({
        series: 'history/ann',
        at,
        value: Buffer.from([0, 255, at % 256]),
      }))
      await ledger.commit('facts/1', [{ key: 'ann', value: Buffer.from('x'), expects: 0 }], many)
      await ledger.commit('facts/1', [], [{ series: 'audit', at: 1, value: Buffer.from('text') }])
      await ledger.backup(copy)
      return [await archived(ledger), await exported(ledger)] as const
    })
    expect(lines.length).toBe(1 + 1 + 1501 + 1)
    await importStore(`file:${other}`, { lines: each(lines) })
    for (const where of [folder, copy, other]) {
      await within(async (ledger) => {
        expect(await archived(ledger)).toEqual(was)
        const { entries, positions } = await contentOf(ledger)
        expect([entries.length, positions['facts/1']]).toEqual([1, 2])
        expect((await ledger.commit('facts/1', [{ key: 'bob', value: Buffer.from('x'), expects: 0 }])).committed).toBe(true)
      }, where)
    }
  })

  test('[L8] an archived entry that was changed is not told, with words that name it', async () => {
    await within((ledger) => ledger.commit('facts/0', [], [{ series: 'history/ann', at: 7, value: Buffer.from('x'.repeat(50)) }]))
    await withLevel(async (level) => {
      const [[key, bytes] = ['', Buffer.alloc(0)]] = await level.iterator({ gte: 'archive/', lt: 'archive0' }).all()
      bytes[20] = 0
      await level.put(key, bytes)
    })
    await within(async (ledger) => {
      const reading = ledger.archive.range('facts/0', 'history/ann', { order: 'oldest-first', limit: 5 })
      await expect(reading).rejects.toThrow(/the ledger is damaged: its entry .*history\/ann.* does not match its checksum/)
      await contentOf(ledger)
    })
  })

  test('an import into a used ledger is refused, unless it may replace it, which changes the epoch', async () => {
    const [lines, epoch] = await within(async (ledger) => {
      await put(ledger, ['ann'])
      const before = await exported(ledger)
      await put(ledger, ['bob'])
      return [before, ledger.epoch] as const
    })
    await expect(importStore(`file:${folder}`, { lines: each(lines) })).rejects.toThrow(
      'with replace, what it holds is thrown away',
    )
    await within(async (ledger) => expect((await contentOf(ledger)).entries.length).toBe(2))
    await importStore(`file:${folder}`, { lines: each(lines), replace: true })
    await within(async (ledger) => {
      expect((await contentOf(ledger)).entries.map((entry) => entry.key)).toEqual(['ann'])
      expect(ledger.epoch).not.toBe(epoch)
    })
  })

  test('a bad export is refused by its line, and leaves nothing that opens', async () => {
    const lines = await within(async (ledger) => {
      await put(ledger, ['ann', 'bob'])
      return exported(ledger)
    })
    const other = join(root, 'other')
    const bad: [readonly string[], RegExp][] = [
      [lines.slice(0, -1), /line 4 of the export: the export ends before its last line/],
      [[...lines.slice(0, 2), ...lines.slice(3)], /line 3 of the export: its count/],
      [lines.with(1, 'nonsense'), /line 2 of the export: this is no JSON object/],
      [lines.with(2, '{"partition":"facts/0","key":"x","version":99,"text":""}'), /line 3 of the export: its version/],
      [[], /line 1 of the export/],
    ]
    for (const [said, error] of bad)
      await expect(importStore(`file:${other}`, { lines: each(said), replace: true })).rejects.toThrow(error)
    await expect(open(other)).rejects.toThrow('never finished')
    await importStore(`file:${other}`, { lines: each(lines), replace: true })
    await within(async (ledger) => expect((await contentOf(ledger)).entries.length).toBe(2), other)
  })
})

test('compacting gives room back and changes nothing', async () => {
  await within(async (ledger) => {
    await put(ledger, keysFrom(0, 300))
    const before = await contentOf(ledger)
    await ledger.compact()
    expect(await contentOf(ledger)).toEqual(before)
  })
})

test('it keeps the number of facts partitions it was made with', async () => {
  await within(async (ledger) => expect(ledger.factsPartitions).toBe(2))
  const ledger = await openEmbeddedLedger({ folder, factsPartitions: 16 })
  expect(ledger.factsPartitions).toBe(2)
  await ledger.close()
  await expect(ledger.commit('facts/0', [{ key: 'late', value: null, expects: 0 }])).rejects.toThrow('closed')
})

type Level = ClassicLevel<string, Buffer>

/** The folder as LevelDB sees it, behind the ledger's back. */
async function withLevel<T>(run: (level: Level) => Promise<T>): Promise<T> {
  const level: Level = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer' })
  try {
    return await run(level)
  } finally {
    await level.close()
  }
}

async function exported(ledger: EmbeddedLedger): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of ledger.exportLines()) lines.push(line)
  return lines
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}
