import { useEffect, useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import type { Group, GroupCounts } from '../client/groups.ts'
import { listed } from '../client/pages.ts'
import { Dot } from './dot.tsx'
import { TextField } from './fields.tsx'
import { FailureWords, say, Title, useDeed, useLoaded } from './parts.tsx'
import { isAdministrator } from './people.ts'
import { go, hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { numberWords, t } from './words.ts'

/** Groups of one page: each is counted by one request. */
const PAGE_GROUPS = 24
/** While they are looked at, groups are counted anew so often, in ms. */
const COUNT_MS = 10_000

/** All groups, and how many of each are free. */
export function Groups({ session }: { readonly session: Session }) {
  const { administration, me } = session
  const [shown, setShown] = useState(PAGE_GROUPS)
  const { thing, failure } = useLoaded(() => listed(administration.groups.list()), [])
  return (
    <div class="page">
      <Title>{t('groups.title')}</Title>
      <FailureWords failure={failure} />
      {thing?.length === 0 && <p class="empty">{t('groups.none')}</p>}
      <ul class="cards">
        {thing?.slice(0, shown).map((group) => (
          <GroupCard key={group.id} session={session} group={group} />
        ))}
      </ul>
      {shown < (thing?.length ?? 0) && (
        <button type="button" class="quiet" onClick={() => setShown(shown + PAGE_GROUPS)}>
          {t('more')}
        </button>
      )}
      {isAdministrator(me) && <NewGroup session={session} />}
    </div>
  )
}

function GroupCard({ session: { administration, people }, group }: { readonly session: Session; readonly group: Group }) {
  const { thing, reload } = useLoaded(() => administration.groups.counts(group.id), [group.id])
  useEffect(() => {
    let heard = people.heard
    const timer = setInterval(() => {
      if (document.hidden || people.heard === heard) return
      heard = people.heard
      reload()
    }, COUNT_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <li class="card">
      <h2>
        <a href={hrefOf('groups', group.id)}>{group.name}</a>
      </h2>
      <p class="soft">{t('groups.members', { count: group.members })}</p>
      {thing !== null && <Bar counts={thing} />}
    </li>
  )
}

/** How many are how, as a bar and in words. */
export function Bar({ counts }: { readonly counts: GroupCounts }) {
  const all = CHOICES.availabilities.reduce((sum, availability) => sum + counts[availability], 0)
  let start = 0
  return (
    <>
      <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        {CHOICES.availabilities.map((availability) => {
          const width = all === 0 ? 0 : (counts[availability] / all) * 100
          const x = start
          start += width
          return <rect key={availability} class={availability} x={x} width={width} height="4" />
        })}
      </svg>
      <ul class="counts">
        {CHOICES.availabilities
          .filter((availability) => counts[availability] > 0)
          .map((availability) => (
            <li key={availability}>
              <Dot availability={availability} />
              <b>{numberWords(counts[availability])}</b> {t(availability)}
            </li>
          ))}
      </ul>
    </>
  )
}

function NewGroup({ session: { administration } }: { readonly session: Session }) {
  const [name, setName] = useState('')
  const { busy, failure, run } = useDeed()
  async function make(event: Event): Promise<void> {
    event.preventDefault()
    await run(async () => {
      const { id } = await administration.groups.create(name, [])
      say(t('saved'))
      go('groups', id)
    })
  }
  return (
    <section class="card" aria-labelledby="new-group">
      <h2 id="new-group">{t('groups.new')}</h2>
      <form class="row fields" onSubmit={(event) => void make(event)}>
        <TextField label={t('groups.name')} value={name} told={setName} required />
        <button type="submit" class="solid" disabled={busy}>
          {t('groups.create')}
        </button>
      </form>
      <FailureWords failure={failure} />
    </section>
  )
}
