import type { IdSpace } from '../../core/accounts.ts'

/** The dialect's name: the door its claims come through, and the space of its user ids. */
export const NAME = 'rocketchat'

/** The product's user ids are the users' own, unless given otherwise. */
export const rocketchatIds: IdSpace = {
  name: NAME,
  accepts: (id) => /^[A-Za-z0-9._-]{1,64}$/.test(id),
  origin: 'own',
}
