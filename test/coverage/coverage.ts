import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, sourcesUnder } from '../sources.ts'

/** One operation of the API descriptions that Rollcall answers, with every field they name. */
export interface Operation {
  readonly seed: string
  readonly product: string
  readonly operation: string
  /** How test titles name it where a description has several operations; null where it has one. */
  readonly name: string | null
  readonly parameters: readonly string[]
  readonly headers: readonly string[]
  readonly body: readonly string[]
  readonly response: readonly string[]
  readonly answers: readonly string[]
}

export interface CoveredField {
  readonly kind: Kind
  readonly field: string
  /** Titles of the tests that prove it. */
  readonly tests: readonly string[]
}

export const KINDS = ['parameters', 'headers', 'body', 'response', 'answers'] as const
export type Kind = (typeof KINDS)[number]

/** How a title may say which of two fields of one name it means: `seed 001 · body status`. */
const KIND_WORDS: Readonly<Record<Kind, readonly string[]>> = {
  parameters: ['parameter', 'path', 'query'],
  headers: ['header'],
  body: ['body', 'request'],
  response: ['response', 'answer', 'answered'],
  answers: ['response', 'answer', 'status'],
}

export const readOperations = (): readonly Operation[] => JSON.parse(readFileSync(join(ROOT, 'test/coverage/seeds.json'), 'utf8'))

/** Titles of all tests named `seed NNN · field [· case]`, tables written out, in order. */
export function seedTitles(): string[] {
  const files = sourcesUnder('test', '.test.ts').filter(
    ({ path, text }) => /seed \d{3} ·/.test(text) && !path.includes('/coverage/'),
  )
  if (files.length === 0) return []
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const listing = execFileSync(
    process.execPath,
    [vitest, 'list', ...files.map(({ path }) => path), '--no-static-parse', '--json'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, VITEST: undefined, VITEST_WORKER_ID: undefined, VITEST_POOL_ID: undefined },
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  const tests: { name: string }[] = JSON.parse(listing.slice(listing.indexOf('[')))
  return [...new Set(tests.flatMap(({ name }) => name.match(/seed \d{3} ·.*/)?.[0] ?? []))].sort()
}

/** Which tests prove each field of an operation. */
export function fieldsOf(operation: Operation, titles: readonly string[]): CoveredField[] {
  return KINDS.flatMap((kind) =>
    operation[kind].map((field) => ({ kind, field, tests: titles.filter((title) => proves(title, operation, kind, field)) })),
  )
}

/** `seed NNN · [operation ·] [kind] field [· case]`; a describe's title counts as a part of its own, and 200 goes without saying. */
function proves(title: string, operation: Operation, kind: Kind, field: string): boolean {
  const said = saidIn(title, operation)
  if (said === null) return false
  const names = [field, `200 · ${field}`, `${field}[]`, ...KIND_WORDS[kind].map((word) => `${word} ${field}`)]
  return names.some((name) => said === name || said.startsWith(`${name} · `))
}

/** What a title says after the seed and, where there are several, the operation; null when it speaks of another. */
function saidIn(title: string, operation: Operation): string | null {
  const [first, ...parts] = title.split(/ [·>] /).map((part) => part.trim())
  const named = operation.name === null ? -1 : parts.findIndex((part) => names(part, operation))
  if (first !== `seed ${operation.seed}` || (operation.name !== null && named < 0)) return null
  return parts.slice(named + 1).join(' · ')
}

/** `UpdateUserStatus`, or the method with the end of the path: `PUT status`. */
function names(part: string, { name, operation }: Operation): boolean {
  const [method, path = ''] = operation.split(' ')
  const [saidMethod, saidPath = ''] = part.split(' ')
  return part === name || (method === saidMethod && saidPath !== '' && `/${shortPath(path)}`.endsWith(`/${shortPath(saidPath)}`))
}

const shortPath = (path: string): string => path.replace(/^\/?(?:api\/v\d\/)?(?:users\/)?(?:[{:]user_id\}?\/|me\/)?/, '')

/** The page `docs/coverage.md`. */
export function coveragePage(operations: readonly Operation[], titles: readonly string[]): string {
  const sections = operations.map((operation) => {
    const rows = fieldsOf(operation, titles).map(
      ({ kind, field, tests }) =>
        `| ${kind} | \`${field}\` | ${tests.map((test) => caseOf(test, operation, field)).join('; ')} |`,
    )
    return `## ${operation.product}: ${operation.operation}\n\n| part | field | tests |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# What of each API description is tested

Every parameter, header, field and documented answer of the descriptions that Rollcall started from, with the tests named after it
(\`seed NNN · field · case\`). Written by \`npm run coverage\` from the test titles; a test fails when it is stale or a field has no test.

${sections.join('\n')}`
}

function caseOf(title: string, operation: Operation, field: string): string {
  const said = saidIn(title, operation) ?? ''
  const rest = said.slice(said.indexOf(field) + field.length).replace(/^(?:\[\])?(?: · )?/, '')
  return (rest === '' ? 'as such' : rest).replaceAll('|', '\\|')
}
