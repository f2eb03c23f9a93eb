import { type TSchema, Type } from 'typebox'
import type { Json, WriteSchema } from './openapi-schemas.ts'
import type { Route } from './route.ts'

/** `/users/:user_id(^[a-z]+$)/x::y` as an API description writes it: `/users/{user_id}/x:y`. */
export function addressOf(path: string): string {
  return path.replace(PARAMETER, (_, double, name) => (double === undefined ? `{${name}}` : ':'))
}

/** A double colon, or a name that may have a pattern. */
const PARAMETER = /(::)|:(\w+)(?:\(([^)]*)\))?/g

/** Every parameter of a route, in the address, the query and the headers. */
export function parametersOf(route: Route, write: WriteSchema): Json[] {
  const { params, query, reads, answers } = route
  const inPath = [...route.path.matchAll(PARAMETER)].flatMap(([, , name, pattern]) =>
    name === undefined ? [] : [{ name, schema: propertyOf(params, name, pattern), required: true }],
  )
  const tagged = 304 in answers ? [IF_NONE_MATCH] : []
  return [
    ...inPath.map(written('path', write)),
    ...[query, reads?.query].flatMap(named).map(written('query', write)),
    ...[...named(reads?.headers), ...tagged].map(written('header', write)),
  ]
}

interface Parameter {
  readonly name: string
  readonly schema: TSchema
  readonly required: boolean
}

const IF_NONE_MATCH: Parameter = {
  name: 'If-None-Match',
  schema: Type.String({ description: 'The ETag of an earlier answer: 304 while it is still the same.' }),
  required: false,
}

const written =
  (place: 'path' | 'query' | 'header', write: WriteSchema) =>
  ({ name, schema, required }: Parameter): Json => {
    const { description, ...rest } = write(schema) as { readonly description?: string }
    return { name, in: place, required, ...(description !== undefined && { description }), schema: rest }
  }

/** The properties of an object, or of several of which one is to be chosen: then only what all of them want is required. */
function named(schema: TSchema | undefined): Parameter[] {
  if (schema === undefined) return []
  const { properties = {}, required = [], anyOf } = schema as ObjectSchema
  const all = anyOf?.flatMap(named) ?? []
  const own = Object.entries(properties).map(([name, property]) => ({
    name,
    schema: property,
    required: required.includes(name),
  }))
  const chosen = [...new Map(all.map((one) => [one.name, one])).values()].map((one) => ({ ...one, required: false }))
  return [...own, ...chosen]
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly TSchema[]
}

function propertyOf(params: TSchema | undefined, name: string, pattern: string | undefined): TSchema {
  const { properties = {} } = (params ?? {}) as ObjectSchema
  return pattern === undefined ? (properties[name] ?? Type.String()) : Type.String({ ...properties[name], pattern })
}
