import { randomBytes } from 'node:crypto'

const Z_BASE_32 = 'ybndrfg8ejkmcpqxot1uwisza345h769'

/** Random id of 26 characters of z-base-32: 130 bits. */
export function newId(): string {
  return Array.from(randomBytes(26), (byte) => Z_BASE_32[byte & 31]).join('')
}
