import { writeSync } from 'node:fs'

/*
 * Loaded before the server where pauses are of interest: looks each 2 ms and writes on descriptor 3 how long the event loop was
 * held, as JSON lines of the moment at which that ended, its length and how long its thread was at work meanwhile, all in ms: for
 * the rest of it, something else had the core.
 */
const LOOK_MS = 2
const PAUSE_MS_MIN = 20

const began = performance.now()
let last = began
let used = process.threadCpuUsage()
setInterval(() => {
  const now = performance.now()
  const ms = now - last - LOOK_MS
  last = now
  const { user, system } = process.threadCpuUsage(used)
  used = process.threadCpuUsage()
  const cpuMs = Math.round((user + system) / 1000)
  if (ms > PAUSE_MS_MIN) writeSync(3, `${JSON.stringify({ at: Math.round(now), ms: Math.round(ms), cpuMs })}\n`)
}, LOOK_MS).unref()
