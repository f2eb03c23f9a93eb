import type { Server } from '../server.ts'

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema: object }>>
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: object
}

export interface OperationObject {
  readonly operationId: string
  readonly summary?: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

export interface OpenApi {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, Response>>
    readonly securitySchemes: Readonly<Record<string, object>>
  }
}

export interface Operation extends OperationObject {
  readonly method: string
  readonly address: string
}

/** What the running server says of itself; of all dialects when none is named. */
export async function readDocument(server: Server, dialect?: string): Promise<OpenApi> {
  const response = await server.request(`/openapi.json${dialect === undefined ? '' : `?dialect=${dialect}`}`)
  return (await response.json()) as OpenApi
}

export function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([address, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), address })),
  )
}

/** What an operation answers with a status, and where the document says so; null: it does not. */
export function responseOf({ components }: OpenApi, { address, method, responses }: Operation, status: number) {
  const response = responses[status]
  if (response === undefined) return null
  if (!('$ref' in response)) return { response, at: ['paths', address, method.toLowerCase(), 'responses', String(status)] }
  const name = response.$ref.split('/').at(-1) ?? ''
  const referred = components.responses[name]
  return referred === undefined ? null : { response: referred, at: ['components', 'responses', name] }
}
