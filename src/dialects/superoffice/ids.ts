import type { IdSpace } from '../../core/accounts.ts'

/** Ids here are .NET's Int32. */
export const INT32_MAX = 2_147_483_647

/** Associate ids: positive int32, as text without leading zeros. */
export const superofficeIds: IdSpace = {
  name: 'superoffice',
  accepts: (id) => /^[1-9]\d{0,9}$/.test(id) && Number(id) <= INT32_MAX,
  origin: 'next-number',
}

/** An int32 as it may stand in a path, a query or a text field; null: it is none. */
export function readInt32(text: string): number | null {
  if (!/^[+-]?\d{1,20}$/.test(text)) return null
  const value = Number(text)
  return value >= -INT32_MAX - 1 && value <= INT32_MAX ? value : null
}
