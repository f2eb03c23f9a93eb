import { Type } from 'typebox'

/** A query parameter, which may be said several times. */
export const Parameter = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]))

/** The first value of a parameter, as the product reads it; empty: there is none. */
export function firstOf(value: string | readonly string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}
