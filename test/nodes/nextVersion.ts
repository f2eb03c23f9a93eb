import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerOptions } from '../server.ts'
import { ROOT } from '../sources.ts'

/** What the version after this one does otherwise: it reads a newer format, and says more in each record. */
const CHANGES: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  'ledgers/redis/meta.ts': [['export const FORMAT = 1', 'export const FORMAT = 2']],
  'engine/codec.ts': [
    [
      'JSON.stringify({ format: FORMAT, ...record })',
      `JSON.stringify({
        format: FORMAT,
        mood: 'sunny',
        ...record,
        claims: record.claims.map((claim) => ({ pace: 'slow', ...claim })),
        sessions: record.sessions.map((session) => ({ place: 'home', ...session })),
      })`,
    ],
  ],
  'directory/userRecord.ts': [['...user.more,', "pronouns: 'they', ...user.more,"]],
  'directory/tokenRecord.ts': [['...token.more,', "colour: 'red', ...token.more,"]],
  'directory/settings.ts': [['{ ...kept.current, at,', "{ theme: 'dark', ...kept.current, at,"]],
  'directory/presets.ts': [['{ ...before, id:', "{ icon: 'cup', ...before, id:"]],
  'directory/accounts.ts': [['{ ...kept, next:', "{ quota: '9', ...kept, next:"]],
  'engine/nodeWords.ts': [['JSON.stringify(words)', "JSON.stringify({ region: 'north', ...words })"]],
}

/** Fields that only the next version knows, by the words that are looked for. */
export const ADDED = {
  facts: ['"mood":"sunny"', '"pace":"slow"'],
  sessions: ['"place":"home"'],
  users: ['"pronouns":"they"'],
  settings: ['"theme":"dark"'],
  presets: ['"icon":"cup"'],
  accounts: ['"quota":"9"'],
} as const

/** This version's program, changed as above, in a folder of its own. `options`: how it is started. */
export async function makeNextVersion(): Promise<{
  readonly options: ServerOptions & { readonly env: object }
  readonly remove: () => Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-next-'))
  await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true })
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const [path, changes] of Object.entries(CHANGES)) await change(join(folder, 'src', path), changes)
  return {
    options: { entry: join(folder, 'src/bin/rollcall.ts'), env: { NODE_COMPILE_CACHE: join(folder, 'compiled') } },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function change(path: string, changes: (typeof CHANGES)[string]): Promise<void> {
  let text = await readFile(path, 'utf8')
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${path} does not say ${from} any more`)
    text = text.replace(from, to)
  }
  await writeFile(path, text)
}
