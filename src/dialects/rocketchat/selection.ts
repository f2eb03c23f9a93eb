/** What this product's own libraries send in `query` and `fields` to find who is there: conditions on, and names of, the fields of a list. */

type Listed = Readonly<Record<string, unknown>>

/** Reads `{"status":{"$ne":"offline"}}`; null: it is no object, or asks for more than being, or not being, one of some values. */
export function conditionOf(text: string | null | undefined): ((listed: Listed) => boolean) | null {
  const said = entriesOf(text)?.map(([field, wanted]) => ({ field, tests: testsOf(wanted) }))
  if (said === undefined || !said.every(({ field, tests }) => tests !== null && !field.startsWith('$'))) return null
  return (listed) => said.every(({ field, tests }) => tests?.every((test) => test(listed[field])))
}

/** Reads `{"name":1}` (these and `_id`) or `{"emails":0}` (all but these); null: it is neither. */
export function projectionOf(text: string | null | undefined): ((listed: Listed) => Listed) | null {
  const said = entriesOf(text)
  if (said === null || !said.every(([, takes]) => takes === 0 || takes === 1)) return null
  const takes = new Map(said)
  const takesNamed = said.some(([, takes]) => takes === 1)
  const isTaken = ([field]: [string, unknown]): boolean => (takes.get(field) ?? (takesNamed && field !== '_id' ? 0 : 1)) === 1
  return (listed) => Object.fromEntries(Object.entries(listed).filter(isTaken))
}

/** An object's fields; null: it is none. */
export function entriesOf(text: string | null | undefined): [string, unknown][] | null {
  if (!text) return []
  try {
    const said: unknown = JSON.parse(text)
    return isObject(said) ? Object.entries(said) : null
  } catch {
    return null
  }
}

type Test = (value: unknown) => boolean

function testsOf(wanted: unknown): Test[] | null {
  if (!isObject(wanted)) return Array.isArray(wanted) ? null : [(value) => is(value, wanted)]
  const tests: Test[] = []
  for (const [operator, operand] of Object.entries(wanted)) {
    const isList = Array.isArray(operand)
    if (operator === '$eq' && !isList) tests.push((value) => is(value, operand))
    else if (operator === '$ne' && !isList) tests.push((value) => !is(value, operand))
    else if (operator === '$in' && isList) tests.push((value) => operand.some((one) => is(value, one)))
    else if (operator === '$nin' && isList) tests.push((value) => !operand.some((one) => is(value, one)))
    else return null
  }
  return tests
}

/** A list is what any of its elements is. */
const is = (value: unknown, wanted: unknown): boolean => (Array.isArray(value) ? value.includes(wanted) : value === wanted)

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
