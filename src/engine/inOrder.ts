/** Steps of work over slots between which others may have their turn. */
export const STEP_SLOTS = 16_384
const DIGIT_BITS = 16
const DIGITS = 1 << DIGIT_BITS

/** Slots, and beside each its key, a whole number that is not negative. */
export interface Keyed {
  readonly slots: Int32Array
  readonly keys: Float64Array
}

/** Sorted by key, digit by digit, so that no step is long; equal ones stay as they were. */
export function* inOrder(found: Keyed): Generator<void, Keyed> {
  let highest = 0
  for (const key of found.keys) highest = Math.max(highest, key)
  let sorted = found
  for (let unit = 1; unit <= highest; unit *= DIGITS) sorted = yield* byDigit(sorted, unit)
  return sorted
}

function* byDigit({ slots, keys }: Keyed, unit: number): Generator<void, Keyed> {
  const digitAt = (at: number): number => Math.floor((keys[at] ?? 0) / unit) % DIGITS
  /** Where the next slot with each digit goes. */
  const places = new Int32Array(DIGITS + 1)
  for (let at = 0; at < slots.length; at++) {
    const digit = digitAt(at)
    places[digit + 1] = (places[digit + 1] ?? 0) + 1
    if (at % STEP_SLOTS === 0) yield
  }
  for (let digit = 1; digit <= DIGITS; digit++) places[digit] = (places[digit] ?? 0) + (places[digit - 1] ?? 0)
  const sorted = { slots: new Int32Array(slots.length), keys: new Float64Array(slots.length) }
  for (let at = 0; at < slots.length; at++) {
    const digit = digitAt(at)
    const place = places[digit] ?? 0
    places[digit] = place + 1
    sorted.slots[place] = slots[at] ?? 0
    sorted.keys[place] = keys[at] ?? 0
    if (at % STEP_SLOTS === 0) yield
  }
  return sorted
}
