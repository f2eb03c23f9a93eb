import { isDeepStrictEqual } from 'node:util'

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>

/** Writes a schema as a document has it. */
export type WriteSchema = (schema: object) => Json

/** Schemas with a `title` stand once among the document's components; wherever else they are, they are referred to. */
export function createComponents() {
  const schemas: Record<string, Json> = {}
  /** Throws when two different schemas have one title. */
  const refer = (title: string, schema: Json): Json => {
    if (schemas[title] !== undefined && !isDeepStrictEqual(schemas[title], schema))
      throw new Error(`two schemas are called ${title}`)
    schemas[title] = schema
    return { $ref: `#/components/schemas/${title}` }
  }
  const write: WriteSchema = (schema) => {
    const {
      nullable,
      contentMediaType: _type,
      ...rest
    } = schema as { nullable?: boolean; contentMediaType?: string; title?: string }
    const written: Json = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inner(key, value)]))
    const { title } = rest
    const whole = nullable === true ? { ...written, type: [written['type'], 'null'].flat() } : written
    return title === undefined ? whole : refer(title, whole)
  }
  const inner = (key: string, value: unknown): unknown => {
    if (SCHEMAS_BY_NAME.has(key))
      return Object.fromEntries(Object.entries(Object(value)).map(([name, one]) => [name, write(Object(one))]))
    if (LISTS_OF_SCHEMAS.has(key)) return (value as object[]).map(write)
    return key === 'items' || (key === 'additionalProperties' && typeof value === 'object') ? write(Object(value)) : value
  }
  return { write, schemas: (): Json => schemas }
}

const SCHEMAS_BY_NAME = new Set(['properties', 'patternProperties'])
const LISTS_OF_SCHEMAS = new Set(['anyOf', 'allOf', 'oneOf', 'prefixItems'])
