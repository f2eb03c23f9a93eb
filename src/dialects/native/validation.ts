import { Ajv, type ErrorObject } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Failure } from '../../core/errors.ts'

const strict = { allowUnionTypes: true, verbose: true } as const
const ofJson = new Ajv(strict)
/** These are text, so that their numbers are read from text. */
const TEXTUAL: readonly (string | undefined)[] = ['params', 'querystring', 'headers']
const ofTexts = new Ajv({ ...strict, coerceTypes: true })

/**
 * Checks what a request says and changes nothing of it; the failure names the field and what would be right. A body that was
 * left out is what the schema says by default.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validate = (TEXTUAL.includes(httpPart) ? ofTexts : ofJson).compile(schema)
  const { default: unsaid } = schema as { readonly default?: unknown }
  return (given: unknown) => {
    const said = given ?? unsaid ?? given
    if (validate(said)) return { value: said }
    const [error] = validate.errors ?? []
    return {
      error: error === undefined ? new Failure('invalid', 'This is not understood.') : failureOf(error, httpPart ?? 'body'),
    }
  }
}

function failureOf(error: ErrorObject, httpPart: string): Failure {
  const field = fieldOf(error)
  return new Failure('invalid', wordsFor(error, field, httpPart), { reason: 'malformed', ...(field !== '' && { field }) })
}

function fieldOf({ keyword, instancePath, params }: ErrorObject): string {
  const path = instancePath.split('/').slice(1)
  if (keyword === 'required') path.push(params['missingProperty'])
  if (keyword === 'additionalProperties') path.push(params['additionalProperty'])
  return path.join('.')
}

function wordsFor(error: ErrorObject, field: string, httpPart: string): string {
  const place = field === '' ? `The ${httpPart}` : `"${field}"`
  switch (error.keyword) {
    case 'required':
      return `${place} is missing.`
    case 'additionalProperties':
      return unknownFields(error)
    case 'enum':
      return `${place} must be one of ${error.params['allowedValues'].filter((word: unknown) => word !== null).join(', ')}.`
    case 'type':
      return `${place} must be ${[error.params['type']].flat().map(withArticle).join(' or ')}.`
    case 'pattern':
      return `${place} must be ${error.parentSchema?.['description'] ?? `as ${error.params['pattern']} says`}.`
    default:
      return `${place} ${error.message ?? 'is not right'}.`
  }
}

const withArticle = (type: string): string => (type === 'null' ? type : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`)

const NAMES_TOLD_MAX = 10

function unknownFields({ data, parentSchema }: ErrorObject): string {
  const known = Object.keys(parentSchema?.['properties'] ?? {})
  const unknown = Object.keys(Object(data)).filter((name) => !known.includes(name))
  const told = unknown.slice(0, NAMES_TOLD_MAX).map((name) => JSON.stringify(name.slice(0, 64)))
  return `${told.join(', ')} ${unknown.length === 1 ? 'is no field' : 'are no fields'} of this; there are: ${known.join(', ') || 'none'}.`
}
