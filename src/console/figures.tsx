import { useEffect, useState } from 'preact/hooks'
import { type Counted, countedIn, lagOf, perSecond } from './figures.ts'
import { Bar } from './groups.tsx'
import { Title } from './parts.tsx'
import type { Session } from './session.ts'
import { numberWords, t } from './words.ts'

/** So often everything is measured anew, in ms. */
const STEP_MS = 2_000
/** Two minutes of them are shown. */
const STEPS_MAX = 60

interface Measured {
  /** Two readings of the server's own; null: they may not be read. */
  readonly counted: { readonly before: Counted; readonly now: Counted } | null
  /** Changes a second that this page heard, the latest last. */
  readonly heard: readonly number[]
  readonly answerMs: number
}

/** What goes on at this moment, as the server counts it and as this page sees it. */
export function Figures({ session }: { readonly session: Session }) {
  const { people } = session
  const measured = useMeasured(session)
  const rates = measured?.heard ?? []
  return (
    <div class="page">
      <Title>{t('figures.title')}</Title>
      {measured !== null && (
        <dl class="figures">
          <Figure label={t('figures.users')} value={people.users.value.length} />
          <Figure label={t('figures.heard')} value={rates.at(-1) ?? 0} />
          <Figure label={t('figures.answer')} value={measured.answerMs} unit="ms" />
          {measured.counted !== null && <OfServer {...measured.counted} />}
        </dl>
      )}
      {measured !== null && measured.counted === null && <p class="notice">{t('figures.noMetrics')}</p>}
      <section class="card" aria-labelledby="rates">
        <h2 id="rates">{t('figures.heard')}</h2>
        <Chart rates={rates} />
      </section>
      <section class="card" aria-labelledby="by">
        <h2 id="by">{t('figures.by')}</h2>
        <Bar counts={people.counts()} />
      </section>
    </div>
  )
}

function OfServer({ before, now }: { readonly before: Counted; readonly now: Counted }) {
  const lagMs = lagOf(now)
  return (
    <>
      <Figure label={t('figures.connections')} value={now.connections} />
      <Figure label={t('figures.sessions')} value={now.sessions} />
      <Figure label={t('figures.told')} value={perSecond(before, now, 'told')} />
      <Figure label={t('figures.requests')} value={perSecond(before, now, 'requests')} />
      {lagMs !== null && <Figure label={t('figures.lag')} value={lagMs} unit="ms" prefix="≤ " />}
    </>
  )
}

interface FigureParts {
  readonly label: string
  readonly value: number
  readonly unit?: string
  readonly prefix?: string
}

function Figure({ label, value, unit = '', prefix = '' }: FigureParts) {
  return (
    <div class="card figure">
      <dt>{label}</dt>
      <dd>
        {prefix}
        {numberWords(value)} {unit}
      </dd>
    </div>
  )
}

const WIDTH = 600
const HEIGHT = 100

/** The last two minutes from left to right; the number says the rest. */
function Chart({ rates }: { readonly rates: readonly number[] }) {
  const highest = Math.max(1, ...rates)
  const step = WIDTH / (STEPS_MAX - 1)
  const first = WIDTH - (rates.length - 1) * step
  const points = rates.map((rate, index) => `${first + index * step} ${HEIGHT - (rate / highest) * (HEIGHT - 4)}`)
  const line = points.length < 2 ? '' : `M${first} ${HEIGHT + 4}L${points.join('L')}L${WIDTH} ${HEIGHT + 4}Z`
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t('figures.chart', { count: rates.at(-1) ?? 0 })}
    >
      <path d={line} />
    </svg>
  )
}

function useMeasured({ read, people }: Session): Measured | null {
  const [measured, setMeasured] = useState<Measured | null>(null)
  useEffect(() => {
    let heard = people.heard
    let at = performance.now()
    let before: Counted | null = null
    let stopped = false

    async function look(): Promise<void> {
      if (document.hidden) return
      const asked = performance.now()
      const text = await read('/metrics').catch(() => null)
      const answered = performance.now()
      if (stopped) return
      const now = text === null ? null : countedIn(text, answered)
      const rate = ((people.heard - heard) * 1_000) / Math.max(1, answered - at)
      const counted = now === null ? null : { before: before ?? now, now }
      heard = people.heard
      at = answered
      before = now
      setMeasured((last) => ({ counted, heard: [...(last?.heard ?? []), rate].slice(-STEPS_MAX), answerMs: answered - asked }))
    }

    void look()
    const timer = setInterval(() => void look(), STEP_MS)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }, [])
  return measured
}
