import { hash } from 'node:crypto'
import { type Described, type DocumentParts, documentOf } from './openapi.ts'

/** A document as it is sent, with the tag that changes with it. */
export interface WrittenDocument {
  readonly text: string
  readonly etag: string
}

/** What is served, as the dialects declare it. */
export interface Catalogue {
  /** The latest comes first: the dialect that is mounted last answers what no other owns. */
  add(dialect: Described): void
  /** The API description of all dialects or of one; null: there is no such dialect. Made when it is first asked for. */
  document(dialect: string | null): WrittenDocument | null
  /** Each dialect's name and title. */
  dialects(): readonly { readonly name: string; readonly title: string }[]
}

export function createCatalogue({ version }: Pick<DocumentParts, 'version'>): Catalogue {
  const described: Described[] = []
  const documents = new Map<string | null, WrittenDocument>()
  return {
    add(dialect) {
      described.unshift(dialect)
      documents.clear()
    },
    document(dialect) {
      const known = documents.get(dialect)
      if (known !== undefined) return known
      const dialects = described.filter(({ name }) => dialect === null || name === dialect)
      if (dialects.length === 0) return null
      const text = JSON.stringify(documentOf({ version, dialects }))
      const made = { text, etag: `"${hash('sha1', text, 'base64url')}"` }
      documents.set(dialect, made)
      return made
    },
    dialects: () => described.map(({ name, description: { title } }) => ({ name, title })),
  }
}
