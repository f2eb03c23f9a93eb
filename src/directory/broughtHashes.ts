import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Failure } from '../core/errors.ts'
import { BCRYPT_COST_MAX, PBKDF2_KEY_BYTES_MAX, PBKDF2_PASSES_MAX } from './limits.ts'

/** bcrypt of the password, or, behind `sha256:`, of its SHA-256 in lower-case hex. */
const BCRYPT = /^(sha256:)?(\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53})$/
/** PBKDF2 with the function's name, the passes and the key's length in bytes; salt and key in base64 without padding. */
const PBKDF2 = /^\$pbkdf2\$f=(SHA256|SHA512),w=(\d{1,8}),l=(\d{1,3})\$([A-Za-z0-9+/]{1,128})\$([A-Za-z0-9+/]{1,256})$/

/** Whether a kept hash is one that another server made: right once, it is replaced by one of ours. */
export const isBrought = (passwordHash: string): boolean => BCRYPT.test(passwordHash) || PBKDF2.test(passwordHash)

/** Throws Failure `invalid` for a hash of another form, or one that would take too long to verify. */
export function assertBrought(passwordHash: string): void {
  const [, , , cost] = BCRYPT.exec(passwordHash) ?? []
  const [, , passes, length] = PBKDF2.exec(passwordHash) ?? []
  const isBcrypt = cost !== undefined && Number(cost) >= 4 && Number(cost) <= BCRYPT_COST_MAX
  const isPbkdf2 = isWithin(passes, PBKDF2_PASSES_MAX) && isWithin(length, PBKDF2_KEY_BYTES_MAX)
  if (isBcrypt || isPbkdf2) return
  const wanted = `$2b$… (bcrypt, cost at most ${BCRYPT_COST_MAX}), sha256:$2b$… (of the SHA-256 in hex) or $pbkdf2$f=SHA256,w=…,l=…$… (at most ${PBKDF2_PASSES_MAX} passes)`
  throw new Failure('invalid', `passwordHash must be ${wanted}.`, { field: 'passwordHash' })
}

/** Most can be told from the password alone, not from its SHA-256 (null: not known). Takes a while, off the main thread. */
export async function verifyBrought(passwordHash: string, password: string | null, digest: string | null): Promise<boolean> {
  const [, ofDigest, hash = ''] = BCRYPT.exec(passwordHash) ?? []
  const text = ofDigest === undefined ? password : digest
  if (text === null) return false
  if (hash === '') return verifyPbkdf2(passwordHash, text)
  // Only who imported users needs it, and it is not built for every machine.
  const { verify } = await import('@node-rs/bcrypt')
  return verify(text, hash)
}

async function verifyPbkdf2(passwordHash: string, text: string): Promise<boolean> {
  const [, name = '', passes, length, salt = '', key = ''] = PBKDF2.exec(passwordHash) ?? []
  const made = await promisify(pbkdf2)(text, Buffer.from(salt, 'base64'), Number(passes), Number(length), name.toLowerCase())
  const kept = Buffer.from(key, 'base64')
  return made.byteLength === kept.byteLength && timingSafeEqual(made, kept)
}

const isWithin = (digits: string | undefined, max: number): boolean => Number(digits) >= 1 && Number(digits) <= max
