import { Failure } from '../core/errors.ts'
import { JSON_DEPTH_MAX } from './limits.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads a JSON body. Throws Failure `invalid` for what is no UTF-8, no JSON, or nested deeper than JSON_DEPTH_MAX. */
export function readJson(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  if (isTooDeep(text)) throw malformed(`The body is nested deeper than ${JSON_DEPTH_MAX} levels.`)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(`The body is not valid JSON: ${error instanceof Error ? error.message : ''}.`, error)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw malformed('The body is not valid UTF-8.', error)
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) quoted = !quoted
    else if (quoted) i += code === BACKSLASH ? 1 : 0
    else if (code === BRACE || code === BRACKET) {
      if (++depth > JSON_DEPTH_MAX) return true
    } else if (code === BRACE_END || code === BRACKET_END) depth--
  }
  return false
}

const [QUOTE, BACKSLASH, BRACE, BRACKET, BRACE_END, BRACKET_END] = [0x22, 0x5c, 0x7b, 0x5b, 0x7d, 0x5d]

const malformed = (message: string, cause?: unknown): Failure =>
  new Failure('invalid', message, { reason: 'malformed', ...(cause !== undefined && { cause }) })
