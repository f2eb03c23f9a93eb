import { useState } from 'preact/hooks'
import { type Availability, Failure, type ShownPresence } from '../client/client.ts'
import type { Group } from '../client/groups.ts'
import { PersonRow } from './board.tsx'
import { Face, Words } from './dot.tsx'
import { TextField } from './fields.tsx'
import { Bar } from './groups.tsx'
import { LongList } from './list.tsx'
import { membersOf } from './membership.ts'
import { FailureWords, Sure, say, Title, useDeed, useLoaded } from './parts.tsx'
import { isAdministrator, nameOf, type User } from './people.ts'
import { go, hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { t } from './words.ts'

/** A row's height, in rem. */
const ROW_REM = 3.5

/** One group: who is in it, how they are, and whose turn it is. */
export function GroupPage({ session, groupId }: { readonly session: Session; readonly groupId: string }) {
  const { administration, people, me } = session
  const { groups } = administration
  const group = useLoaded(() => groups.find(groupId), [groupId])
  const members = useLoaded(() => membersOf(groups, groupId), [groupId])
  const users = people.users.value.filter(({ id }) => members.thing?.has(id))
  const reload = () => {
    group.reload()
    members.reload()
  }
  if (group.thing === null)
    return (
      <div class="page">
        <Title>{t('groups.title')}</Title>
        {group.failure === null ? <p>{t('loading')}</p> : <FailureWords failure={group.failure} />}
      </div>
    )
  return (
    <div class="page">
      <Title>{group.thing.name}</Title>
      <section class="card">
        <p class="soft">{t('groups.members', { count: group.thing.members })}</p>
        <Bar counts={countsOf(users, session)} />
      </section>
      <FirstAvailable session={session} groupId={groupId} turn={countsOf(users, session).online} />
      {users.length > 0 && (
        <div class="members card" style={{ height: `min(${users.length * ROW_REM}rem + 2px, 55dvh)` }}>
          <LongList
            label={t('board.people')}
            rows={users}
            keyOf={({ id }) => id}
            hrefOf={({ username }) => hrefOf('people', username)}
            height={ROW_REM}
          >
            {(user) => <PersonRow user={user} presence={people.presence(user.id)} session={session} />}
          </LongList>
        </div>
      )}
      {isAdministrator(me) && <Keep session={session} group={group.thing} users={users} changed={reload} />}
    </div>
  )
}

function countsOf(users: readonly User[], { people }: Session): Record<Availability, number> {
  const counts: Record<Availability, number> = { online: 0, away: 0, busy: 0, dnd: 0, offline: 0 }
  for (const { id } of users) counts[people.presence(id)?.availability ?? 'offline']++
  return counts
}

interface FirstParts {
  readonly session: Session
  readonly groupId: string
  /** Another number of free people: the answer may be another one. */
  readonly turn: number
}

function FirstAvailable({ session: { administration, people }, groupId, turn }: FirstParts) {
  const [chosen, setChosen] = useState(0)
  const { thing } = useLoaded(
    () => firstOf(administration.groups.firstAvailable(groupId, { peek: true })),
    [groupId, turn, chosen],
  )
  const { busy, failure, run } = useDeed()
  const userId = thing?.userId ?? null
  const user = userId === null ? null : people.user(userId)

  async function choose(): Promise<void> {
    await run(async () => {
      const first = await firstOf(administration.groups.firstAvailable(groupId))
      const found = first.userId === null ? null : people.user(first.userId)
      say(found === null ? t('groups.nobody') : t('groups.chosen', { name: nameOf(found) }))
      setChosen(chosen + 1)
    })
  }

  return (
    <section class="card" aria-labelledby="first">
      <h2 id="first">{t('groups.first')}</h2>
      {user === null ? (
        <p class="soft">{thing === null ? t('loading') : t('groups.nobody')}</p>
      ) : (
        <div class="row now">
          <Face user={user} presence={people.presence(user.id)} />
          <a href={hrefOf('people', user.username)}>{nameOf(user)}</a>
          <Words presence={people.presence(user.id)} />
          <button type="button" class="solid" disabled={busy} onClick={() => void choose()}>
            {t('groups.choose')}
          </button>
        </div>
      )}
      <FailureWords failure={failure} />
    </section>
  )
}

/** Nobody being free is an answer too. */
async function firstOf(asked: Promise<ShownPresence>): Promise<{ readonly userId: string | null }> {
  try {
    return { userId: (await asked).userId }
  } catch (error) {
    if (error instanceof Failure && error.reason === 'nobody_free') return { userId: null }
    throw error
  }
}

interface KeepParts {
  readonly session: Session
  readonly group: Group
  readonly users: readonly User[]
  readonly changed: () => void
}

/** For administrators: who is in it, and what it is called. */
function Keep({ session: { administration }, group, users, changed }: KeepParts) {
  const [username, setUsername] = useState('')
  const [name, setName] = useState(group.name)
  const { busy, failure, run } = useDeed()
  const { groups } = administration
  const does = (deed: () => Promise<unknown>) => async (event: Event) => {
    event.preventDefault()
    if (!(await run(deed))) return
    say(t('saved'))
    changed()
  }
  const add = () => groups.changeMembers(group.id, { add: [username.trim().replace(/^@/, '')] }).then(() => setUsername(''))
  return (
    <section class="card" aria-labelledby="keep">
      <h2 id="keep">{t('admin.title')}</h2>
      <form class="row fields" onSubmit={(event) => void does(add)(event)}>
        <TextField label={`${t('groups.add')}: ${t('groups.addWho')}`} value={username} told={setUsername} required />
        <button type="submit" class="solid" disabled={busy}>
          {t('add')}
        </button>
      </form>
      <form class="row fields" onSubmit={(event) => void does(() => groups.rename(group.id, name))(event)}>
        <TextField label={t('groups.name')} value={name} told={setName} required />
        <button type="submit" class="quiet" disabled={busy}>
          {t('groups.rename')}
        </button>
      </form>
      <FailureWords failure={failure} />
      {users.length > 0 && (
        <ul class="tags">
          {users.slice(0, REMOVABLE_MAX).map((user) => (
            <li key={user.id}>
              <button
                type="button"
                class="chip"
                aria-label={t('groups.remove', { name: nameOf(user) })}
                onClick={(event) => void does(() => groups.changeMembers(group.id, { remove: [user.id] }))(event)}
              >
                {nameOf(user)} <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <Sure
        question={t('groups.deleteSure', { name: group.name })}
        verb={t('delete')}
        done={async () => {
          await groups.remove(group.id)
          say(t('deleted'))
          go('groups')
        }}
      >
        {t('groups.delete')}
      </Sure>
    </section>
  )
}

/** Members offered for taking out by name; of larger groups the command line and the API do it. */
const REMOVABLE_MAX = 200
