import { describe, expect, test } from 'vitest'
import {
  ambientTime,
  classesDefaultsAndBarrels,
  emptyWords,
  environmentReads,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  type Look,
  MAY_IMPORT,
  productNames,
  tooLong,
  wrongImports,
} from './architecture.ts'
import { sourcesUnder } from './sources.ts'

const sources = [...sourcesUnder('src', '.ts'), ...sourcesUnder('src', '.tsx')]

test('there are files to look at, in every part that others stand on', () => {
  for (const part of ['core', 'engine', 'directory', 'ledgers', 'http', 'realtime', 'dialects', 'bin'])
    expect(sources.filter(({ path }) => path.startsWith(`src/${part}/`)).length, part).toBeGreaterThan(0)
})

test('the table of parts is in dependency order: nobody may import what comes later', () => {
  const parts = Object.keys(MAY_IMPORT)
  for (const [part, allowed] of Object.entries(MAY_IMPORT))
    for (const other of allowed)
      if (other !== '*') expect(parts.indexOf(other), `${part} -> ${other}`).toBeLessThan(parts.indexOf(part))
})

describe.each<[string, Look, (readonly [path: string, code: string])[], (readonly [path: string, code: string])[]]>([
  [
    '[B1] imports point inward and siblings are strangers',
    wrongImports,
    [
      ['src/core/a.ts', "import { x } from 'fastify'"],
      ['src/core/a.ts', "import type { x } from 'node:fs'"],
      ['src/core/a.ts', "import { x } from '../engine/x.ts'"],
      ['src/engine/a.ts', "export * from '../ledgers/x.ts'"],
      ['src/engine/a.ts', "export { x } from '../directory/x.ts'"],
      ['src/engine/a.ts', "type X = import('../http/x.ts').X"],
      ['src/http/a.ts', "import {\n  x,\n} from\n  '../engine/x.ts'"],
      ['src/http/a.ts', "const x = await import( /* why */ '../engine/x.ts')"],
      ['src/http/a.ts', 'const x = (name: string) => import(name)'],
      ['src/dialects/native/a.ts', "import '../mattermost/x.ts'"],
      ['src/dialects/native/deep/a.ts', "import '../../rocketchat/x.ts'"],
      ['src/dialects/native/a.ts', "import { x } from '../../ledgers/x.ts'"],
      ['src/cli/a.ts', "import { x } from '../engine/x.ts'"],
      ['src/elsewhere/a.ts', ''],
    ],
    [
      ['src/core/a.ts', "import { x } from './x.ts'\nconst text = \"import y from '../engine/y.ts'\""],
      ['src/core/a.ts', "// import { x } from '../engine/x.ts'\n/* import('../http/x.ts') */"],
      ['src/engine/a.ts', "import { x } from '../core/x.ts'\nimport { y } from 'node:crypto'"],
      ['src/dialects/native/deep/a.ts', "import '../x.ts'\nimport '../../../http/x.ts'"],
      ['src/bin/a.ts', "import '../engine/x.ts'\nimport '../dialects/native/x.ts'"],
    ],
  ],
  [
    '[B2] the core knows no clock and no randomness',
    ambientTime,
    [
      ['src/core/a.ts', 'const at = Date.now()'],
      ['src/core/a.ts', 'const at = new Date( )'],
      ['src/core/a.ts', 'const at = new Date'],
      ['src/core/a.ts', 'const at = Date()'],
      ['src/core/a.ts', 'const dice = Math\n  .random()'],
    ],
    [
      ['src/core/a.ts', '/** A Date.now() is never read. */\nconst x = Math.min(1, 2)'],
      ['src/core/a.ts', 'const text = (at: number) => new Date(at).toISOString()'],
      ['src/engine/a.ts', 'const at = Date.now()'],
    ],
  ],
  [
    '[B3] one class, no default exports, no barrels',
    classesDefaultsAndBarrels,
    [
      ['src/http/a.ts', 'class Server {}'],
      ['src/http/a.ts', 'export const x = class {}'],
      ['src/core/errors.ts', 'export class Another {}'],
      ['src/http/a.ts', 'export default 1'],
      ['src/http/a.ts', "export * from './b.ts'"],
      ['src/http/a.ts', "export { x } from './b.ts'"],
      ['src/http/index.ts', 'export const x = 1'],
    ],
    [
      ['src/core/errors.ts', 'export class Failure extends Error {}'],
      ['src/http/a.ts', "const text = 'class X {}'\nexport { text }"],
    ],
  ],
  [
    '[B4] the environment is read in bin and cli only',
    environmentReads,
    [
      ['src/http/a.ts', 'const x = process.env.HOME'],
      ['src/http/a.ts', "const x = process['env']"],
      ['src/http/a.ts', "import { env } from 'node:process'"],
      ['src/http/a.ts', 'const { argv, env } = process'],
    ],
    [
      ['src/bin/a.ts', 'const x = process.env.HOME'],
      ['src/http/a.ts', '// process.env is not for us\nconst environment = 1'],
    ],
  ],
  [
    '[B5] no product is named in the code of the inner parts',
    productNames,
    [
      ['src/core/a.ts', "const via = 'mattermost'"],
      ['src/engine/a.ts', 'const isRocketChat = true'],
      ['src/http/a.ts', "const name = 'Rocket.Chat'"],
    ],
    [
      ['src/core/a.ts', '/** As Mattermost does. */\nconst x = 1'],
      ['src/dialects/mattermost/a.ts', "const name = 'mattermost'"],
    ],
  ],
  [
    '[B6] files and functions stay within their budget',
    tooLong,
    [
      ['src/http/a.ts', '\n'.repeat(FILE_LINES_MAX + 1)],
      ['src/http/a.ts', `function x() {\n${'  x()\n'.repeat(FUNCTION_LINES_MAX)}}\n`],
    ],
    [
      [
        'src/http/a.ts',
        `function x() {\n${['a', 'b'].map((name) => `  const ${name} = () => {\n${'    x()\n'.repeat(40)}  }\n`).join('')}}\n`,
      ],
    ],
  ],
  [
    '[B7] exported names say something',
    emptyWords,
    [
      ['src/http/a.ts', 'export const sessionManager = 1'],
      ['src/http/a.ts', 'export interface UserInfo {}'],
      ['src/http/a.ts', 'export function parseData() {}'],
      ['src/http/a.ts', 'const x = 1\nexport { x as baseUrl }'],
      ['src/http/utils.ts', 'export const x = 1'],
    ],
    [['src/http/a.ts', 'export const database = 1\nexport const informed = 2\nexport const zBase32 = 4\nconst data = 3']],
  ],
])('%s', (_rule, look, wrong, right) => {
  test('holds in every file', () => expect(sources.flatMap(look)).toEqual([]))
  test.each(wrong)('would be broken by example %$', (path, text) => expect(look({ path, text })).not.toEqual([]))
  test.each(right)('is kept by example %$', (path, text) => expect(look({ path, text })).toEqual([]))
})
