import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync, Visitor } from 'rolldown/utils'

/** The project's own folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface Source {
  /** Path from the project's folder, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** Every file under a folder of the project whose path ends as given, in order of path. */
export function sourcesUnder(folder: string, ending: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))
}

/** A file as its syntax tree and comments; throws when it is not TypeScript. */
export function parsed({ path, text }: Source): Pick<ReturnType<typeof parseSync>, 'program' | 'comments'> {
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  return { program, comments }
}

/** The text of every string and template in a file, imports aside; `…` stands for what a template inserts. */
export function textsIn(source: Source): string[] {
  const texts: string[] = []
  const imports = new Set<unknown>()
  new Visitor({
    ImportDeclaration: (node) => void imports.add(node.source),
    Literal: (node) => void (typeof node.value === 'string' && !imports.has(node) && texts.push(node.value)),
    TemplateLiteral: (node) => void texts.push(node.quasis.map((quasi) => quasi.value.cooked ?? quasi.value.raw).join('…')),
  }).visit(parsed(source).program)
  return texts
}
