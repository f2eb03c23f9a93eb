import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { XMLValidator } from 'fast-xml-parser'
import { type OpenApi, type Operation, operationsOf, responseOf } from './document.ts'

/** A real answer, its body read as text. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export type Judge = ReturnType<typeof createJudge>

/** Holds real answers against the document, and remembers what was seen. */
export function createJudge(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  ajv.addSchema(document, 'document')
  const compiled = new Map<string, ValidateFunction>()
  const operations = operationsOf(document)
  const seen = new Map<string, Set<number>>(operations.map(({ operationId }) => [operationId, new Set()]))

  const validatorAt = (at: readonly string[]): ValidateFunction => {
    const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `document#/${pointer}` })
    compiled.set(pointer, validate)
    return validate
  }
  const faultsAt = (at: readonly string[], value: unknown): string[] => {
    const validate = validatorAt(at)
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`)
  }

  /** What an answer of this operation does that the document does not say; nothing when all is well. */
  function faultsOf(operation: Operation, { status, headers, text }: Answer): string[] {
    const found = responseOf(document, operation, status)
    if (found === null) return [`answers ${status}, which is not described`]
    seen.get(operation.operationId)?.add(status)
    const { response, at } = found
    const headerFaults = Object.entries(response.headers ?? {}).flatMap(([name, { required }]) => {
      const value = headers[name.toLowerCase()]
      if (value === undefined) return required ? [`has no ${name}`] : []
      return faultsAt([...at, 'headers', name, 'schema'], value).map((fault) => `${name}: ${fault}`)
    })
    return [...headerFaults, ...bodyFaults(response.content, at, { headers, text })]
  }

  function bodyFaults(content: object | undefined, at: readonly string[], { headers, text }: Omit<Answer, 'status'>): string[] {
    if (content === undefined) return text === '' ? [] : [`has a body, and should have none: ${text.slice(0, 100)}`]
    const type = headers['content-type']?.split(';', 1)[0] ?? ''
    if (!Object.hasOwn(content, type)) return [`has the content type "${type}", not ${Object.keys(content).join(' or ')}`]
    if (/[/+]xml$/.test(type)) return XMLValidator.validate(text) === true ? [] : ['is no XML']
    const value: unknown = isJson(type) ? JSON.parse(text) : text
    return faultsAt([...at, 'content', type, 'schema'], value)
  }

  return {
    operations,
    faultsOf,
    /** The operation that an address with a method is; null: none. One without parameters comes first. */
    operationAt(method: string, path: string): Operation | null {
      const matching = operations.filter((operation) => operation.method === method && patternOf(operation.address).test(path))
      return matching.toSorted((one, other) => countOf(one) - countOf(other))[0] ?? null
    },
    statusesSeen: ({ operationId }: Operation): ReadonlySet<number> => seen.get(operationId) ?? new Set(),
  }
}

/** Whether a body of this type is one JSON value. */
export const isJson = (type: string): boolean => /[/+]json$/.test(type)

const countOf = ({ address }: Operation): number => address.split('{').length

const patternOf = (address: string): RegExp =>
  new RegExp(`^${address.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`)
