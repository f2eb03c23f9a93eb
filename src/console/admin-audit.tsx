import { useState } from 'preact/hooks'
import { CHOICES } from '../client/choices.ts'
import { Field, TextField } from './fields.tsx'
import { FailureWords, useDeed, useLoaded } from './parts.tsx'
import { nameOf } from './people.ts'
import type { Session } from './session.ts'
import { t, timeWords } from './words.ts'

/** What somebody did, as the API tells it. */
interface Entry {
  readonly at: string
  readonly kind: string
  readonly by: string | null
  readonly userId?: string
  readonly target?: string
  readonly details?: Readonly<Record<string, unknown>>
}

interface Page {
  readonly entries: readonly Entry[]
  readonly cursor: string | null
}

/** Who did what, the newest first. */
export function AuditPage({ session }: { readonly session: Session }) {
  const { client } = session
  const [kind, setKind] = useState('')
  const [user, setUser] = useState('')
  const [later, setLater] = useState<{ readonly after: string; readonly page: Page } | null>(null)
  const { busy, failure: refused, run } = useDeed()
  const queryOf = (cursor: string | null) =>
    `/v1/audit?${new URLSearchParams({ ...(kind !== '' && { kind }), ...(user !== '' && { user }), ...(cursor !== null && { cursor }) })}`
  const { thing, failure } = useLoaded<Page>(() => client.call('GET', queryOf(null)), [kind, user])
  const more = later?.after === queryOf(null) ? later.page : null
  const entries = [...(thing?.entries ?? []), ...(more?.entries ?? [])]
  const cursor = more === null ? (thing?.cursor ?? null) : more.cursor

  const showMore = () =>
    run(async () => {
      const page: Page = await client.call('GET', queryOf(cursor))
      setLater({ after: queryOf(null), page: { entries: [...(more?.entries ?? []), ...page.entries], cursor: page.cursor } })
    })

  return (
    <>
      <div class="two">
        <Field label={t('audit.kind')}>
          {(ids) => (
            <select {...ids} value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value)}>
              <option value="">{t('audit.every')}</option>
              {CHOICES.auditKinds.map((one) => (
                <option key={one} value={one} lang="en">
                  {one}
                </option>
              ))}
            </select>
          )}
        </Field>
        <TextField label={`${t('audit.user')}: ${t('groups.addWho')}`} value={user} told={setUser} />
      </div>
      <FailureWords failure={failure ?? refused} />
      {entries.length === 0 && thing !== null && <p class="empty">{t('audit.none')}</p>}
      {entries.length > 0 && (
        <ol class="table card">
          {entries.map((entry, index) => (
            <EntryLine key={`${entry.at} ${index}`} session={session} entry={entry} />
          ))}
        </ol>
      )}
      {cursor !== null && (
        <button type="button" class="quiet" disabled={busy} onClick={() => void showMore()}>
          {t('more')}
        </button>
      )}
    </>
  )
}

function EntryLine({ session: { people }, entry }: { readonly session: Session; readonly entry: Entry }) {
  const { at, kind, by, userId, target, details } = entry
  const named = (id: string): string => {
    const user = people.user(id)
    return user === null ? id : nameOf(user)
  }
  return (
    <li>
      <span class="who">
        <span>
          <b lang="en">{kind}</b> {userId !== undefined && named(userId)}{' '}
          {target !== undefined && target !== userId && <code>{target}</code>}
        </span>
        {details !== undefined && <span class="soft">{detailsIn(details)}</span>}
      </span>
      <span class="soft">
        {by === null ? t('audit.by', { name: t('audit.machine') }) : t('audit.by', { name: named(by) })} ·{' '}
        <time dateTime={at}>{timeWords(Date.parse(at))}</time>
      </span>
    </li>
  )
}

/** A list longer than this is told by its length. */
const LISTED_MAX = 3

/** What changed from what to what, and what else belongs to it. */
function detailsIn(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => {
      const change: { readonly from?: unknown; readonly to?: unknown } = Object(value)
      return `${name}: ${'to' in change ? `${wordOf(change.from)} → ${wordOf(change.to)}` : wordOf(value)}`
    })
    .join(' · ')
}

function wordOf(value: unknown): string {
  if (Array.isArray(value)) return value.length > LISTED_MAX ? `(${value.length})` : value.map(wordOf).join(', ') || '–'
  if (value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
