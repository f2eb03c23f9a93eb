import { hash } from 'node:crypto'
import type { IdSpace } from '../../core/accounts.ts'

/** The space that this product's user ids live in. */
export const SPACE = 'mattermost'

/** The product's user ids: 26 letters or digits, the user's own id where it is such, else one derived from it. */
export const mattermostIds: IdSpace = {
  name: SPACE,
  accepts: isId,
  origin: (userId) => (isId(userId) ? userId : derivedId(userId)),
}

export function isId(text: string): boolean {
  return /^[A-Za-z0-9]{26}$/.test(text)
}

/** 26 characters of z-base-32 that always are the same for the same text, and do not tell it. */
export function derivedId(text: string): string {
  const digest = hash('sha256', text, 'buffer')
  let id = ''
  for (let bit = 0; id.length < 26; bit += 5) {
    const pair = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0)
    id += Z_BASE_32.charAt((pair >> (11 - (bit & 7))) & 31)
  }
  return id
}

const Z_BASE_32 = 'ybndrfg8ejkmcpqxot1uwisza345h769'
