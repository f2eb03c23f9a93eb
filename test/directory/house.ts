import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Administration, IdSpace, Login } from '../../src/core/accounts.ts'
import type { Failure } from '../../src/core/errors.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { createDirectory, type Directory } from '../../src/directory/directory.ts'
import { createMemoryLedger } from '../../src/ledgers/memory.ts'

/** Three spaces as the dialects bring them: the own id, one derived from it, and a number. */
export const SPACES: readonly IdSpace[] = [
  { name: 'own', accepts: (id) => /^[A-Za-z0-9._-]{1,64}$/.test(id), origin: 'own' },
  {
    name: 'derived',
    accepts: (id) => /^[A-Za-z0-9]{26}$/.test(id),
    origin: (id) => (id.length === 26 ? id : id.padEnd(26, '0')),
  },
  { name: 'number', accepts: (id) => /^[1-9][0-9]{0,9}$/.test(id), origin: 'next-number' },
]

export interface House {
  readonly ledger: Ledger
  readonly directory: Directory
  readonly root: Login
  readonly admin: Administration
}

/** A directory that follows its ledger, as a node has one. */
export async function openDirectory(ledger: Ledger): Promise<Directory> {
  const directory = createDirectory({ ledger, idSpaces: SPACES, random: randomBytes, log: { warn: () => {} } })
  const positions = await ledger.load((entry) => directory.apply(entry))
  directory.loaded(positions)
  ledger.follow(positions, {
    commit: (commit) => void (commit.partition === 'directory' && directory.commit(commit)),
    reload: () => {
      throw new Error('a gap')
    },
  })
  return directory
}

/** A directory on a new ledger, with its administrator `root` logged in. */
export async function openHouse(ledger = createMemoryLedger()): Promise<House> {
  const directory = await openDirectory(ledger)
  await directory.firstAdministrator({ username: 'root', password: 'root-password' })
  const root = await logIn(directory, 'root', 'root-password')
  return { ledger, directory, root, admin: directory.administration.as(root.principal) }
}

export function logIn(directory: Directory, login: string, password: string, tokenLength = 43): Promise<Login> {
  return directory.authentication.login({ login }, { password }, { address: '203.0.113.7', tokenLength })
}

/** The keys of the directory's partition. */
export async function keysOf(ledger: Ledger): Promise<string[]> {
  const keys: string[] = []
  await ledger.load(({ partition, key }) => void (partition === 'directory' && keys.push(key)))
  return keys
}

/** Expects a Failure with these parts. */
export async function expectFailure(work: Promise<unknown>, parts: Partial<Failure>): Promise<void> {
  await expect(work).rejects.toMatchObject({ name: 'Failure', ...parts })
}
