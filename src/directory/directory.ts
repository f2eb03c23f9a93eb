import type { AdministrationService, Authentication, IdSpace, People, SettingsView } from '../core/accounts.ts'
import type { Audit } from '../core/audit.ts'
import type { Memberships } from '../core/groups.ts'
import type { DirectoryKeys, KeyHolder } from '../core/keys.ts'
import type { Commit, Entry, Ledger, Positions, Subjects } from '../core/ports.ts'
import type { UserId } from '../core/vocabulary.ts'
import { ACCOUNTS_KEY, createAccounts } from './accounts.ts'
import { createAdministration } from './administration.ts'
import { type Administrators, createAdministrators } from './administrators.ts'
import { createAuthentication } from './authentication.ts'
import { createDelays } from './delays.ts'
import { createExpiry } from './expiry.ts'
import { createPasswordLinks, PASSWORD_LINK } from './passwordLinks.ts'
import { createPasswords, type HashingLimits } from './passwords.ts'
import { createPeopleChanges } from './people.ts'
import { createPreferences } from './preferences.ts'
import { createPresets } from './presets.ts'
import { createPrincipals } from './principals.ts'
import type { Random } from './random.ts'
import { createRemembered } from './remembered.ts'
import { createReplica, PARTITION } from './replica.ts'
import { createWorkspace } from './settings.ts'
import { createTokenChanges } from './tokenChanges.ts'
import { createTokens, tokenId } from './tokens.ts'
import { createUsers } from './users.ts'
import { createUses, type Log } from './uses.ts'

export interface DirectoryParts {
  readonly ledger: Ledger
  readonly idSpaces: readonly IdSpace[]
  readonly random: Random
  readonly log: Log
  readonly hashing?: HashingLimits
  /** Absent: nothing is audited. */
  readonly audit?: Audit
  /** Asked when a token that names groups is made or used; absent: there are none. */
  readonly memberships?: () => Pick<Memberships, 'find' | 'reach'>
}

/** Who users are: accounts, credentials, permissions and settings, in memory over the ledger's `directory` partition. */
export interface Directory {
  readonly people: People
  readonly subjects: Subjects
  readonly authentication: Authentication
  readonly administration: AdministrationService
  readonly settings: SettingsView
  /** Keys that other parts keep beside its own. */
  readonly keys: DirectoryKeys
  /** While loading; keys that nobody holds are passed over. */
  apply(entry: Entry): void
  loaded(positions: Positions): void
  /** From the ledger's feed, own ones too. */
  commit(commit: Commit): void
  /** There is a gap: nothing is changed from here any more. */
  lose(): void
  readonly firstAdministrator: Administrators['first']
  readonly resetAdministrator: Administrators['reset']
  close(): Promise<void>
}

export function createDirectory({
  ledger,
  idSpaces,
  random,
  log,
  hashing,
  memberships = noGroups,
  audit = () => [],
}: DirectoryParts): Directory {
  const replica = createReplica({
    ledger,
    apply: ({ version, writes }) => {
      for (const { key, value } of writes) put(key, value, version, true)
    },
  })
  const users = createUsers({ idSpaces })
  const tokens = createTokens()
  const accounts = createAccounts({ replica })
  const workspace = createWorkspace({ ledger, replica, audit })
  const presets = createPresets({ ledger, replica, random, audit })
  const preferences = createPreferences()
  const uses = createUses({ tokens, replica, log })
  const expiry = createExpiry({ now: () => ledger.now(), onExpired: (slot) => tellEnded({ tokenId: tokens.idAt(slot) }) })
  const principals = createPrincipals({
    users,
    tokens,
    rolePermissions: () => workspace.rolePermissions(),
    memberships,
    now: () => ledger.now(),
    onUse: (slot) => uses.note(slot),
    onMade: (slot, until) => expiry.note(slot, until),
  })
  const [passwords, delays] = [createPasswords(hashing), createDelays()]
  const remembered = createRemembered({ users, random })
  const passwordLinks = createPasswordLinks()
  const people = createPeopleChanges({
    ledger,
    users,
    tokens,
    preferences,
    accounts,
    passwordLinks,
    idSpaces,
    random,
    audit,
  })
  const tokenChanges = createTokenChanges({ ledger, users, tokens, replica, random, memberships, audit })
  const administrators = createAdministrators({ users, people, passwords, random })

  const endings: ((ended: { readonly tokenId: string } | { readonly userId: UserId }) => void)[] = []
  const tellEnded = (ended: { readonly tokenId: string } | { readonly userId: UserId }): void => {
    for (const listener of endings) listener(ended)
  }

  /** Every kind of key by its first segment, and what holds it in memory. */
  const kinds: Record<string, KeyHolder> = {
    user(userId, value, version, told) {
      if (told) principals.forgetUser(userId)
      users.put(userId, value, version, told)
      if (told && users.stored(userId)?.active !== true) tellEnded({ userId })
    },
    token(hash, value, version) {
      if (value !== null) return tokens.put(hash, value, version)
      const slot = tokens.remove(hash)
      principals.forgetToken(slot)
      uses.forget(slot)
      expiry.forget(slot)
      tellEnded({ tokenId: tokenId(hash) })
    },
    [PASSWORD_LINK]: (...key) => passwordLinks.put(...key),
    preference: (...key) => preferences.put(...key),
    [ACCOUNTS_KEY](_, value, version) {
      accounts.put(value, version)
      users.removedAt(accounts.lastRemoval)
    },
    settings: (_, value, version) => workspace.settingsDocument.put(value, version),
    presets: (_, ...value) => presets.apply(...value),
    roles(_, value, version) {
      workspace.rolesDocument.put(value, version)
      principals.forgetAll()
    },
  }

  /** Keys come in order while loading: most are of the kind of the one before. */
  let last: { readonly start: string; readonly hold: KeyHolder | undefined } = { start: '/', hold: undefined }

  function put(...[key, value, version, told]: Parameters<KeyHolder>): void {
    const slash = key.indexOf('/')
    if (slash >= 0 && !key.startsWith(last.start)) last = { start: key.slice(0, slash + 1), hold: kinds[key.slice(0, slash)] }
    if (slash >= 0) last.hold?.(key.slice(slash + 1), value, version, told)
    else kinds[key]?.('', value, version, told)
  }

  return {
    people: users.people,
    subjects: users.subjects,
    authentication: createAuthentication({
      ledger,
      users,
      tokens,
      principals,
      people,
      passwordLinks,
      passwords,
      delays,
      remembered,
      replica,
      random,
      onEnded: (listener) => void endings.push(listener),
    }),
    administration: createAdministration({
      users,
      people,
      tokenChanges,
      passwords,
      delays,
      workspace,
      presets,
      preferences,
      replica,
    }),
    settings: workspace.settings,
    keys: {
      hold(kind, holder) {
        kinds[kind] = holder
        last = { start: '/', hold: undefined }
      },
      change: (plan) => replica.change(plan),
    },
    apply: ({ key, value, version }) => put(key, value, version, false),
    loaded: (positions) => replica.loaded(positions[PARTITION] ?? 0),
    commit: (commit) => replica.commit(commit),
    lose: () => replica.lose(),
    firstAdministrator: (wanted) => administrators.first(wanted),
    resetAdministrator: (username) => administrators.reset(username),
    close() {
      expiry.close()
      return uses.close()
    },
  }
}

const noGroups = (): Pick<Memberships, 'find' | 'reach'> => ({ find: () => null, reach: (users) => new Set(users) })
