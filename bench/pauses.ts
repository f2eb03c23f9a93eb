import { writeSync } from 'node:fs'

/*
 * Loaded before the server where pauses are of interest: looks each 2 ms and writes on descriptor 3 how long the event loop was
 * held, as JSON lines of the moment at which that ended and its length, both in ms.
 */
const LOOK_MS = 2
const PAUSE_MS_MIN = 20

const began = performance.now()
let last = began
setInterval(() => {
  const now = performance.now()
  const ms = now - last - LOOK_MS
  last = now
  if (ms > PAUSE_MS_MIN) writeSync(3, `${JSON.stringify({ at: Math.round(now), ms: Math.round(ms) })}\n`)
}, LOOK_MS).unref()
