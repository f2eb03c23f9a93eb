import { posix } from 'node:path'
import { type ESTree, Visitor } from 'rolldown/utils'
import { parsed, type Source } from './sources.ts'

/** Who may import whom, innermost first; everybody may import their own folder. A part not listed here fails. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  engine: ['core'],
  directory: ['core'],
  ledgers: ['core'],
  groups: ['core'],
  history: ['core'],
  webhooks: ['core'],
  metrics: ['core'],
  client: ['core'],
  http: ['core'],
  realtime: ['core'],
  'dialects/native': ['core', 'http', 'realtime'],
  'dialects/rocketchat': ['core', 'http', 'realtime'],
  'dialects/mattermost': ['core', 'http', 'realtime'],
  'dialects/superoffice': ['core', 'http', 'realtime'],
  cli: ['core', 'client'],
  console: ['client'],
  bin: ['*'],
}

/** Parts in which no product may be named, and parts that may read the environment. */
const NAMELESS = ['core', 'engine', 'directory', 'ledgers', 'history', 'groups', 'webhooks', 'metrics', 'http', 'realtime']
const MAY_READ_ENVIRONMENT = ['bin', 'cli']

export const FILE_LINES_MAX = 300
/** A function's own lines: those of functions inside it are counted for them. */
export const FUNCTION_LINES_MAX = 100

/** One way to look at a source file: what is wrong with it, in words; nothing when all is well. */
export type Look = (source: Source) => string[]

/** The part of the program a file belongs to: its folder under `src`, one deeper for dialects. */
export function partOf(path: string): string {
  const [, first = '', second = ''] = path.split('/')
  return first === 'dialects' ? `${first}/${second}` : first
}

/** B1. */
export const wrongImports: Look = (source) => {
  const part = partOf(source.path)
  const allowed = MAY_IMPORT[part]
  if (allowed === undefined) return [`${source.path} belongs to no known part of the program`]
  return importsOf(source).flatMap((name) => {
    if (name === null) return [`${source.path} imports something that only running it could tell`]
    if (!name.startsWith('.')) return part === 'core' ? [`${source.path} imports ${name}`] : []
    const target = partOf(posix.join(posix.dirname(source.path), name))
    return target === part || allowed.includes(target) || allowed.includes('*') ? [] : [`${source.path} imports ${name}`]
  })
}

/** The present instant and chance; turning a given instant into words is neither. */
const AMBIENT =
  /\bDate\s*\.\s*now\b|\bnew\s+Date\b\s*(?!\s*\(\s*[^\s)])|(?<!new\s+)\bDate\s*\(|\bTemporal\b|\bMath\s*\.\s*random\b|\bglobalThis\b/g

/** B2: what the language itself brings; the platform's names are kept out by the core's own tsconfig. */
export const ambientTime: Look = (source) => (partOf(source.path) === 'core' ? matches(source, AMBIENT) : [])

/** B3. */
export const classesDefaultsAndBarrels: Look = (source) => {
  const found: string[] = []
  const isTheError = (name: string | undefined) => source.path === 'src/core/errors.ts' && name === 'Failure'
  const meetClass = ({ id }: ESTree.Class) => void (isTheError(id?.name) || found.push(`${source.path} has a class ${id?.name}`))
  const { program } = parsed(source)
  new Visitor({
    ClassDeclaration: meetClass,
    ClassExpression: meetClass,
    ExportDefaultDeclaration: () => void found.push(`${source.path} exports by default`),
    ExportAllDeclaration: () => void found.push(`${source.path} re-exports another file`),
  }).visit(program)
  const passesOn = ({ type, source: from }: { type: string; source?: unknown }) =>
    type === 'ExportNamedDeclaration' && Boolean(from)
  if (posix.basename(source.path) === 'index.ts' || (program.body.length > 0 && program.body.every(passesOn)))
    found.push(`${source.path} is a barrel`)
  return found
}

/** B4. */
export const environmentReads: Look = (source) =>
  MAY_READ_ENVIRONMENT.includes(partOf(source.path))
    ? []
    : matches(
        source,
        /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[\s*['"`]env|\{[^}]*\benv\b[^}]*\}\s*(?:=\s*process\b|from\s*['"](?:node:)?process)/g,
      )

/** B5. */
export const productNames: Look = (source) =>
  NAMELESS.includes(partOf(source.path)) ? matches(source, /mattermost|rocket[._-]?chat|superoffice/gi) : []

/** B6. */
export const tooLong: Look = (source) => {
  const lines = source.text.split('\n').length - 1
  const long = functionsOf(source).filter((found) => found.lines > FUNCTION_LINES_MAX)
  return [
    ...(lines > FILE_LINES_MAX ? [`${source.path} has ${lines} lines`] : []),
    ...long.map((found) => `${source.path}:${found.line} has a function of ${found.lines} lines`),
  ]
}

/** B7. */
export const emptyWords: Look = (source) => {
  const { program } = parsed(source)
  const names = program.body.flatMap((statement) => (statement.type === 'ExportNamedDeclaration' ? exportedNames(statement) : []))
  return [posix.basename(source.path, '.ts'), ...names].flatMap((name) => {
    const words = name
      .replace(/base(?=\d)/i, '')
      .split(/(?=[A-Z])|[^A-Za-z]+/)
      .map((word) => word.toLowerCase())
    return words.some((word) => /^(?:managers?|helpers?|utils?|base|common|data|infos?)$/.test(word))
      ? [`${source.path}: ${name}`]
      : []
  })
}

/** What a file imports, types too; null where the name is computed. */
function importsOf(source: Source): (string | null)[] {
  const names: (string | null)[] = []
  new Visitor({
    ImportDeclaration: (node) => void names.push(node.source.value),
    ExportAllDeclaration: (node) => void names.push(node.source.value),
    ExportNamedDeclaration: (node) => void (node.source && names.push(node.source.value)),
    ImportExpression: ({ source: name }) =>
      void names.push(name.type === 'Literal' && typeof name.value === 'string' ? name.value : null),
    TSImportType: (node) => void names.push(node.source.value),
  }).visit(parsed(source).program)
  return names
}

/** Where code, comments aside, says what it should not. */
function matches(source: Source, pattern: RegExp): string[] {
  let code = source.text
  for (const { start, end } of parsed(source).comments)
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end)
  return [...code.matchAll(pattern)].map(
    (found) => `${source.path}:${code.slice(0, found.index).split('\n').length} says ${found[0]}`,
  )
}

function functionsOf(source: Source): { readonly line: number; readonly lines: number }[] {
  const lineAt = (offset: number) => source.text.slice(0, offset).split('\n').length
  const open: { inner: number }[] = []
  const done: { line: number; lines: number }[] = []
  const enter = () => void open.push({ inner: 0 })
  const leave = ({ start, end }: { start: number; end: number }) => {
    const whole = lineAt(end) - lineAt(start) + 1
    const own = whole - (open.pop()?.inner ?? 0)
    const around = open.at(-1)
    if (around !== undefined && whole > 1) around.inner += whole
    done.push({ line: lineAt(start), lines: own })
  }
  new Visitor({
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
  }).visit(parsed(source).program)
  return done
}

function exportedNames({ declaration, specifiers }: ESTree.ExportNamedDeclaration): string[] {
  const renamed = specifiers.flatMap(({ exported }) => ('name' in exported ? [exported.name] : []))
  if (declaration === null) return renamed
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
  return 'id' in declaration && declaration.id && 'name' in declaration.id ? [declaration.id.name] : []
}
