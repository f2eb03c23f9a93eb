/** Cryptographically strong random bytes. */
export type Random = (bytes: number) => Uint8Array

const Z_BASE_32 = 'ybndrfg8ejkmcpqxot1uwisza345h769'

/** One character of z-base-32 for each byte, of which five bits count. */
export function zBase32(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += Z_BASE_32.charAt(byte & 31)
  return text
}

/** Random id of 26 characters: 130 bits, and an id in every dialect. */
export const newId = (random: Random): string => zBase32(random(26))

/** 26 characters are z-base-32, as Mattermost's; any other length is base64url, as Rocket.Chat's 43. */
export function newToken(random: Random, length: number): string {
  if (length === 26) return zBase32(random(26))
  return Buffer.from(random(Math.ceil((length * 3) / 4)))
    .toString('base64url')
    .slice(0, length)
}
