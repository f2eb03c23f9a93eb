/** Steps of work over slots between which others may have their turn. */
export const STEP_SLOTS = 16_384
const DIGIT_BITS = 16
const DIGITS = 1 << DIGIT_BITS

/** Slots sorted by a whole number that is not negative, digit by digit, so that no step is long; equal ones stay as they were. */
export function* inOrder(slots: Int32Array, keyOf: (slot: number) => number): Generator<void, Int32Array> {
  let highest = 0
  for (let at = 0; at < slots.length; at++) {
    highest = Math.max(highest, keyOf(slots[at] ?? 0))
    if (at % STEP_SLOTS === 0) yield
  }
  let sorted = slots
  for (let unit = 1; unit <= highest; unit *= DIGITS) {
    const digitOf = (slot: number): number => Math.floor(keyOf(slot) / unit) % DIGITS
    sorted = yield* byDigit(sorted, digitOf)
  }
  return sorted
}

function* byDigit(slots: Int32Array, digitOf: (slot: number) => number): Generator<void, Int32Array> {
  /** Where the next slot with each digit goes. */
  const places = new Int32Array(DIGITS + 1)
  for (let at = 0; at < slots.length; at++) {
    const digit = digitOf(slots[at] ?? 0)
    places[digit + 1] = (places[digit + 1] ?? 0) + 1
    if (at % STEP_SLOTS === 0) yield
  }
  for (let digit = 1; digit <= DIGITS; digit++) places[digit] = (places[digit] ?? 0) + (places[digit - 1] ?? 0)
  const sorted = new Int32Array(slots.length)
  for (let at = 0; at < slots.length; at++) {
    const slot = slots[at] ?? 0
    const digit = digitOf(slot)
    const place = places[digit] ?? 0
    sorted[place] = slot
    places[digit] = place + 1
    if (at % STEP_SLOTS === 0) yield
  }
  return sorted
}
