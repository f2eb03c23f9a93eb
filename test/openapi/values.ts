import fc from 'fast-check'
import type { OpenApi } from './document.ts'
import { NASTY_TEXTS, NASTY_VALUES } from './nasty.ts'

/** Values of things that there are, by the name of the field or parameter that names them. */
export type Known = Readonly<Record<string, readonly (string | number)[]>>

export type Values = ReturnType<typeof createValues>

/** Makes values for schemas of a document. */
export function createValues({ components }: OpenApi, known: Known) {
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : resolve((components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) as Schema)

  /** Values that fit a schema; of a field whose name is known mostly those of things that there are. */
  function fitting(given: object, name = ''): fc.Arbitrary<unknown> {
    const schema = resolve(given)
    if ('const' in schema) return fc.constant(schema.const)
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => fitting(choice, name)))
    const types = [schema.type ?? []].flat()
    return types.length === 0 ? fc.jsonValue({ maxDepth: 2 }) : fc.oneof(...types.map((type) => ofType(type, schema, name)))
  }

  function ofType(type: string, schema: Schema, name: string): fc.Arbitrary<unknown> {
    const { minimum = -1000, maximum = 1_000_000, items = {}, properties = {}, required = [] } = schema
    switch (type) {
      case 'null':
        return fc.constant(null)
      case 'boolean':
        return fc.boolean()
      case 'integer':
        return mostly(name, fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 53 - 1) }))
      case 'number':
        return fc.double({ min: minimum, max: maximum, noNaN: true })
      case 'array': {
        const [minLength, maxLength] = [schema.minItems ?? 0, Math.min(schema.maxItems ?? 4, 4)]
        return fc.array(fitting(items, name), { minLength, maxLength: Math.max(minLength, maxLength) })
      }
      case 'object':
        return recordOf(
          Object.entries(properties).map(([field, one]) => ({
            name: field,
            required: required.includes(field),
            value: fitting(one, field),
          })),
        )
      default:
        return mostly(name, textOf(schema))
    }
  }

  const mostly = (name: string, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => {
    const values = known[name]
    return values === undefined
      ? other
      : fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: other })
  }

  /** Values that fit but for one place, or not at all. */
  function breaking(schema: object): fc.Arbitrary<unknown> {
    const value = fc.constantFrom(...NASTY_VALUES)
    const name = fc.constantFrom(...Object.keys(resolve(schema).properties ?? {}), ...NASTY_TEXTS)
    const bent = fc.record({ whole: fitting(schema), name, value, drops: fc.boolean() })
    return fc.oneof(
      value,
      fc.jsonValue(),
      bent.map(({ whole, name, value: odd, drops }) => {
        const others = Object.entries(Object(whole)).filter(([field]) => field !== name)
        return Object.fromEntries(drops ? others : [...others, [name, odd]])
      }),
    )
  }

  return { fitting, breaking }
}

/** An object with these fields, those that are not required sometimes without. */
export function recordOf<T>(
  fields: readonly { readonly name: string; readonly required: boolean; readonly value: fc.Arbitrary<T> }[],
): fc.Arbitrary<Record<string, T>> {
  const requiredKeys = fields.filter(({ required }) => required).map(({ name }) => name)
  return fc.record(Object.fromEntries(fields.map(({ name, value }) => [name, value])), { requiredKeys })
}

function textOf({ pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  return fc.string({ minLength, maxLength: Math.min(maxLength, 40), unit: 'grapheme' })
}

interface Schema {
  readonly $ref?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}
