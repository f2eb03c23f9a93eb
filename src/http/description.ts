import type { TSchema } from 'typebox'

/** What the API description says of a dialect as a whole; its routes say the rest. */
export interface DialectDescription {
  /** The product's name. */
  readonly title: string
  /** Markdown: what is particular to it, its sockets and streams too, which OpenAPI has no words for. */
  readonly about: string
  /** The ways to say who asks; the schemes of one way go together. */
  readonly security: readonly SecurityWay[]
  readonly mediaTypes: MediaTypes
  /** Headers of every answer, and those of answers to calls that are counted. */
  readonly headers: Headers
  readonly rateHeaders: Headers
  /** Every refusal there is, in the dialect's own form. A route has those that its declaration brings with it. */
  readonly refusals: Readonly<Record<number, Refusal>>
  /** The group of operations that an address belongs to, in plain words. */
  areaOf(path: string): string
}

export interface MediaTypes {
  readonly bodies: readonly string[]
  readonly answers: readonly string[]
}

/** Header names with their schemas. */
export type Headers = Readonly<Record<string, TSchema>>

export interface Refusal {
  /** When it is answered so, in one sentence. */
  readonly when: string
  /** Null: no body. */
  readonly body: TSchema | null
  readonly headers?: Headers
}

/** Security schemes by name. */
export type SecurityWay = Readonly<Record<string, SecurityScheme>>

export type SecurityScheme =
  | { readonly type: 'http'; readonly scheme: string; readonly description: string }
  | { readonly type: 'apiKey'; readonly in: 'header' | 'cookie'; readonly name: string; readonly description: string }
