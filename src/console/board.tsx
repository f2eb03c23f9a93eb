import { useEffect, useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import type { Availability, ShownPresence } from '../client/client.ts'
import { listed } from '../client/pages.ts'
import { Dot, Face, NoteWords, Words } from './dot.tsx'
import { Field } from './fields.tsx'
import { LongList } from './list.tsx'
import { membersOf } from './membership.ts'
import { FailureWords, Title, useLoaded } from './parts.tsx'
import { nameOf, type People, type User } from './people.ts'
import { hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { numberWords, t, timeWords } from './words.ts'

/** Kept while other pages are looked at. */
const wanted = { text: '', availabilities: new Set<Availability>(), groupId: '' }

/** Everyone, live. */
export function Board({ session }: { readonly session: Session }) {
  const { people, administration } = session
  const [, setTurn] = useState(0)
  const again = () => setTurn((turn) => turn + 1)
  const groups = useLoaded(() => listed(administration.groups.list()), [])
  const members = useMembers(session, wanted.groupId)
  const rows = rowsOf(people, members)
  const counts = people.counts()

  function toggle(availability: Availability): void {
    if (!wanted.availabilities.delete(availability)) wanted.availabilities.add(availability)
    again()
  }

  return (
    <div class="board">
      <div class="head">
        <Title>{t('board.title')}</Title>
        <p class="soft" aria-live="polite">
          {people.loaded.value ? t('board.count', { count: rows.length }) : t('board.loading')}
        </p>
      </div>
      <search class="filters">
        <input
          type="search"
          aria-label={t('board.search')}
          placeholder={t('board.search')}
          value={wanted.text}
          onInput={({ currentTarget }) => {
            wanted.text = currentTarget.value
            again()
          }}
        />
        <fieldset class="chips" aria-label={t('board.filter')}>
          {CHOICES.availabilities.map((availability) => (
            <button
              key={availability}
              type="button"
              class="chip"
              aria-pressed={wanted.availabilities.has(availability)}
              onClick={() => toggle(availability)}
            >
              <Dot availability={availability} />
              {t(availability)} <b>{numberWords(counts[availability])}</b>
            </button>
          ))}
        </fieldset>
        {(groups.thing?.length ?? 0) > 0 && (
          <Field label={t('board.group')}>
            {(ids) => (
              <select
                {...ids}
                value={wanted.groupId}
                onChange={({ currentTarget }) => {
                  wanted.groupId = currentTarget.value
                  again()
                }}
              >
                <option value="">{t('board.everyGroup')}</option>
                {groups.thing?.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
      </search>
      <FailureWords failure={people.failure.value} />
      {rows.length === 0 && people.loaded.value ? (
        <p class="empty">{t('board.none')}</p>
      ) : (
        <LongList
          label={t('board.people')}
          rows={rows}
          keyOf={(user) => user.id}
          hrefOf={({ username }) => hrefOf('people', username)}
          height={3.5}
        >
          {(user) => <PersonRow user={user} presence={people.presence(user.id)} session={session} />}
        </LongList>
      )}
    </div>
  )
}

function rowsOf(people: People, members: ReadonlySet<string> | null): readonly User[] {
  const text = wanted.text.trim().toLowerCase()
  const { availabilities } = wanted
  const all = people.users.value
  if (text === '' && availabilities.size === 0 && members === null) return all
  return all.filter(
    (user) =>
      (members === null || members.has(user.id)) &&
      (availabilities.size === 0 || availabilities.has(people.presence(user.id)?.availability ?? 'offline')) &&
      (text === '' || people.wordsOf(user).includes(text)),
  )
}

interface RowParts {
  readonly user: User
  readonly presence: ShownPresence | null
  readonly session: Session
}

/** One person in a list. */
export function PersonRow({ user, presence, session: { me, emoji } }: RowParts) {
  return (
    <>
      <Face user={user} presence={presence} />
      <span class="who">
        <b>{nameOf(user)}</b>
        <span class="soft">
          @{user.username}
          {user.id === me.id && ` · ${t('you')}`}
        </span>
      </span>
      <Words presence={presence} />
      <NoteWords note={presence?.note ?? null} emoji={emoji} />
      {presence !== null && <span class="soft time">{t('since', { time: timeWords(presence.since) })}</span>}
    </>
  )
}

/** Who is in a group may change while it is looked at; it is read again so often, in ms. */
const MEMBERS_MS = 30_000

/** Null: all. */
function useMembers({ administration }: Session, groupId: string): ReadonlySet<string> | null {
  const { thing, reload } = useLoaded(async () => (groupId === '' ? null : membersOf(administration.groups, groupId)), [groupId])
  useEffect(() => {
    if (groupId === '') return
    const timer = setInterval(reload, MEMBERS_MS)
    return () => clearInterval(timer)
  }, [groupId])
  return groupId === '' ? null : (thing ?? new Set())
}
