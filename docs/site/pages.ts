import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import GithubSlugger from 'github-slugger'
import MarkdownIt from 'markdown-it'

/** The project's own folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Page {
  /** Path from the project's folder, with forward slashes, ending in `.md`. */
  readonly path: string
  readonly text: string
}

/** A link or picture as a page has it; `target` is a path from the project's folder, or a whole address when it leads outside. */
export interface Link {
  readonly token: Token
  readonly attribute: 'href' | 'src'
  readonly written: string
  readonly target: string
  /** Without `#`; empty when there is none. */
  readonly anchor: string
  readonly outside: boolean
}

export type Token = ReturnType<typeof markdown.parse>[number]

const markdown = MarkdownIt({ html: false, linkify: false })
/** Pages lie in the project's folder itself and anywhere under these. */
const FOLDERS = ['docs', 'examples', 'src', 'deploy', 'bench', 'test']

/** Every page of the project, in order of path. */
export function readPages(): Page[] {
  const under = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
      posix.join(folder, path.replaceAll('\\', '/')),
    ),
  )
  return [...readdirSync(ROOT), ...under]
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

/** What a page is made of; headings have an `id`, the same as on GitHub. */
export function readTokens({ text }: Page): Token[] {
  const tokens = markdown.parse(text, {})
  const slugger = new GithubSlugger()
  for (const [at, token] of tokens.entries())
    if (token.type === 'heading_open') token.attrSet('id', slugger.slug(wordsOf(tokens[at + 1])))
  return tokens
}

/** HTML of tokens, perhaps changed meanwhile. What is too wide moves by itself, by keyboard too, and the page does not. */
export function htmlOf(tokens: Token[]): string {
  return markdown.renderer
    .render(tokens, markdown.options, {})
    .replaceAll('<th></th>', '<td></td>')
    .replaceAll('<pre>', '<pre tabindex="0">')
    .replaceAll('<table>', '<div class="wide" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>')
}

/** The words of a heading or a link, without what marks them. */
export function wordsOf(token: Token | undefined): string {
  return (token?.children ?? []).map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : '')).join('')
}

/** The anchors that a page has. */
export function anchorsOf(page: Page): string[] {
  return readTokens(page).flatMap((token) => {
    const id = token.attrGet('id')
    return id === null ? [] : [String(id)]
  })
}

/** Every link and picture among the tokens of the page at `path`. */
export function linksIn(path: string, tokens: readonly Token[]): Link[] {
  return tokens.flatMap(({ children }) =>
    (children ?? []).flatMap((token) => {
      const attribute = token.type === 'image' ? 'src' : 'href'
      const written = token.attrGet(attribute)
      return written === null ? [] : [{ token, attribute, ...follow(path, String(written)) }]
    }),
  )
}

function follow(path: string, written: string): Pick<Link, 'written' | 'target' | 'anchor' | 'outside'> {
  if (/^[a-z]+:/i.test(written)) return { written, target: written, anchor: '', outside: true }
  const [file = '', anchor = ''] = decodeURI(written).split('#')
  const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file))
  return { written, target, anchor, outside: false }
}
