import { useState } from 'preact/hooks'
import { Failure, type ShownPresence } from '../client/client.ts'
import { Dot } from './dot.tsx'
import { Choice } from './fields.tsx'
import { FailureWords, useLoaded } from './parts.tsx'
import type { User } from './people.ts'
import type { Session } from './session.ts'
import { presenceWords, t, timeWords } from './words.ts'

/** When a presence became another one, as the API tells it. */
interface Passage {
  readonly at: string
  readonly presence: Pick<ShownPresence, 'availability'> & { readonly activity?: ShownPresence['activity'] }
}

const DAY_MS = 86_400_000
const SPANS = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const
type Span = keyof typeof SPANS
const SPAN_WORDS = Object.keys(SPANS) as Span[]
/** Passages of one picture; beyond that it begins later. */
const PASSAGES_MAX = 1_000
const LISTED_MAX = 50

interface HistoryParts {
  readonly session: Session
  readonly user: User
  /** Another one is another passage. */
  readonly presence: ShownPresence | null
}

/** What was, as a picture and as a list; nothing where it is not kept. */
export function History({ session: { client }, user, presence }: HistoryParts) {
  const [span, setSpan] = useState<Span>('day')
  const { thing, failure } = useLoaded(async () => {
    const to = Date.now()
    const from = to - SPANS[span]
    const path = `/v1/presence/${encodeURIComponent(user.id)}`
    const query = new URLSearchParams({ from: new Date(from).toISOString(), limit: String(PASSAGES_MAX) })
    const { passages }: { passages: Passage[] } = await client.call('GET', `${path}/history?${query}`)
    // Before the first passage it was as the one before left it.
    const wasThere = user.createdAt < from
    const before = wasThere ? await client.call('GET', `${path}?at=${new Date(from).toISOString()}`).catch(() => null) : null
    const first: Passage[] =
      before === null || passages.length === PASSAGES_MAX ? [] : [{ at: new Date(from).toISOString(), presence: before }]
    return { passages: [...passages, ...first], from, to }
  }, [user.id, span, presence])
  const code = failure instanceof Failure ? failure.code : null
  return (
    <section class="card" aria-labelledby="history">
      <h2 id="history">{t('person.history')}</h2>
      {code === 'disabled' && <p class="soft">{t('person.historyOff')}</p>}
      {code === 'forbidden' && <p class="soft">{t('person.historyNotYours')}</p>}
      {code !== 'disabled' && code !== 'forbidden' && <FailureWords failure={failure} />}
      {failure === null && thing !== null && (
        <>
          <Choice legend={t('person.span')} words={SPAN_WORDS} chosen={span} told={setSpan}>
            {(one) => t(`person.${one}`)}
          </Choice>
          {thing.passages.length === 0 ? <p class="soft">{t('person.historyNone')}</p> : <Picture {...thing} />}
        </>
      )}
    </section>
  )
}

interface PictureParts {
  readonly passages: readonly Passage[]
  readonly from: number
  readonly to: number
}

const WIDTH = 1_000

/** Time from left to right, coloured by availability; the list below says the same in words. */
function Picture({ passages, from, to }: PictureParts) {
  const place = (at: number): number => Math.max(0, ((at - from) / (to - from)) * WIDTH)
  const pieces = passages.map(({ at, presence }, index) => {
    const until = passages[index - 1]?.at
    const start = place(Date.parse(at))
    return { start, width: place(until === undefined ? to : Date.parse(until)) - start, availability: presence.availability }
  })
  return (
    <>
      <svg class="timeline" viewBox={`0 0 ${WIDTH} 40`} preserveAspectRatio="none" aria-hidden="true">
        {pieces.map(({ start, width, availability }) => (
          <rect
            key={start}
            class={availability}
            x={start}
            width={Math.max(width, 1)}
            y={availability === 'offline' ? 26 : 4}
            height={availability === 'offline' ? 10 : 32}
          />
        ))}
      </svg>
      <p class="ends soft" aria-hidden="true">
        <span>{timeWords(from)}</span>
        <span>{timeWords(to)}</span>
      </p>
      <ol class="passages">
        {passages.slice(0, LISTED_MAX).map(({ at, presence }) => (
          <li key={at}>
            <Dot availability={presence.availability} />
            <span>{presenceWords({ availability: presence.availability, activity: presence.activity ?? null })}</span>
            <time class="soft" dateTime={at}>
              {t('since', { time: timeWords(Date.parse(at)) })}
            </time>
          </li>
        ))}
      </ol>
    </>
  )
}
