import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { refusal } from './answers.ts'
import { entriesOf } from './selection.ts'
import { NullableNumber, NullableString } from './validation.ts'

/** Elements of a page when none are asked for. */
const COUNT_DEFAULT = 50
/** Elements of a page at most; `count=0` asks for all of them. */
const COUNT_MAX = 100

/** The fields by which every list is paged. */
export const PAGE = {
  count: Type.Optional(NullableNumber),
  offset: Type.Optional(NullableNumber),
  sort: Type.Optional(NullableString),
}

interface PageQuery {
  readonly count?: number | null
  readonly offset?: number | null
}

export function pageOf<T>(all: readonly T[], query: PageQuery): { readonly page: readonly T[]; readonly offset: number } {
  const { count, offset } = windowOf(query)
  return { page: count === 0 ? all.slice(offset) : all.slice(offset, offset + count), offset }
}

const windowOf = ({ offset, count }: PageQuery) => ({
  offset: Math.max(0, Math.trunc(offset ?? 0)),
  count: Math.min(COUNT_MAX, Math.max(0, Math.trunc(count ?? COUNT_DEFAULT))),
})

/** How long lists are worked on before others have their turn, in ms. */
const SLICE_MS = 5
/** Elements that are held beyond a page before it is looked which of them are in it. */
const SPARE = 2_048

interface Listed<T> {
  readonly page: readonly T[]
  readonly offset: number
  readonly total: number
}

/** The page of a long list, as `pageOf` and `sorted` make it, in slices: only what may be in it is held. Null is not listed. */
export async function pageOfMany<T extends object>(all: Iterable<T | null>, sort: Sort, query: PageQuery): Promise<Listed<T>> {
  const { count, offset } = windowOf(query)
  const end = count === 0 ? Number.POSITIVE_INFINITY : offset + count
  let first: T[] = []
  let total = 0
  let sliceEnd = performance.now() + SLICE_MS
  for (const element of all) {
    if (element !== null) {
      total++
      if (first.push(element) >= end + SPARE) first = sorted(first, sort).slice(0, end)
    }
    if (performance.now() < sliceEnd) continue
    await turn()
    sliceEnd = performance.now() + SLICE_MS
  }
  return { ...pageOf(sorted(first, sort), query), total }
}

/** Fields in order of weight, each with its direction: 1 or -1. */
export type Sort = readonly (readonly [string, number])[]

/** Reads `{"name":1}`; null: it is no such thing. */
export function sortOf(text: string | null | undefined, otherwise: string): Sort | null {
  if (!text) return [[otherwise, 1]]
  const sort = entriesOf(text)
  return sort?.every((entry): entry is [string, number] => entry[1] === 1 || entry[1] === -1) ? sort : null
}

/** What was asked for in `sort`, `query` or `fields` cannot be done with a list. */
export function refuseParameter(
  reply: FastifyReply,
  name: 'sort' | 'query' | 'fields',
  given: string | null | undefined,
): string {
  const reason = `Invalid ${name} parameter provided: "${given ?? ''}"`
  return refusal(reply, { code: `error-invalid-${name}`, reason, details: { helperMethod: 'parseJsonQuery' } })
}

/** A sorted copy. Fields that the elements do not have leave the order as it is. */
export function sorted<T extends object>(all: readonly T[], sort: Sort): T[] {
  const wordOf = (element: T, field: string): string => {
    const value: unknown = field in element ? element[field as keyof T] : undefined
    return typeof value === 'string' || typeof value === 'boolean' ? String(value) : ''
  }
  return all.toSorted((one, other) => {
    for (const [field, way] of sort) {
      const [left, right] = [wordOf(one, field), wordOf(other, field)]
      if (left !== right) return left < right ? -way : way
    }
    return 0
  })
}
