#!/usr/bin/env -S node --max-semi-space-size=8
import { refusalOf } from './node-needed.ts'

/* It imports no more than this, so that an older Node gets as far as the words. */

const refusal = refusalOf(process.versions.node)
if (refusal === null) await import('./program.ts')
else {
  process.stderr.write(`rollcall: ${refusal}\n`)
  process.exitCode = 1
}
