import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifySchemaCompiler } from 'fastify'
import { type TSchema, Type } from 'typebox'

const ofBodies = new Ajv2020({ coerceTypes: true, allowUnionTypes: true })
/** In an address a single value may stand for a list, and a list of one for its value. */
const ofQueries = new Ajv2020({ coerceTypes: 'array', allowUnionTypes: true })

/** Checks as the product does and in its words: values are coerced, and the first fault is told. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? ofBodies : ofQueries).compile(schema)

/** Fields that may be null are declared as the product declares them: the words of its errors depend on it. */
export const NullableString = Type.Unsafe<string | null>({ type: 'string', nullable: true })
export const NullableNumber = Type.Unsafe<number | null>({ type: 'number', nullable: true })
export const NullableBoolean = Type.Unsafe<boolean | null>({ type: 'boolean', nullable: true })

export const oneOf = <Word extends string>(words: readonly Word[]) => Type.Unsafe<Word>({ type: 'string', enum: words })

/** An object without any other field than those it names. */
export const closed = { additionalProperties: false } as const
