import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Face, NoteWords, Words } from './dot.tsx'
import { said } from './parts.tsx'
import { isAdministrator, nameOf } from './people.ts'
import { hrefOf, route } from './route.ts'
import { line, type Session, signOut } from './session.ts'
import { t, timeWords } from './words.ts'

const PAGES = [
  ['', 'nav.board', 'M4 5h16v3H4zM4 10.500h16v3H4zM4 16h16v3H4z'],
  ['me', 'nav.me', 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c0-4 3.5-6.5 8-6.500s8 2.5 8 6.500z'],
  [
    'groups',
    'nav.groups',
    'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM16 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2 19c0-3.5 2.5-6 6-6s6 2.5 6 6zM15.5 19c0-2.4-.7-4.3-2-5.6.8-.3 1.6-.4 2.5-.4 3.5 0 6 2.5 6 6z',
  ],
  ['figures', 'nav.figures', 'M4 20V11h4v9zM10 20V4h4v16zM16 20v-6h4v6z'],
  ['admin', 'nav.admin', 'M3 6h9v2H3zM17 6h4v2h-4zM13 4h2.500v6H13zM3 16h4v2H3zM12 16h9v2h-9zM8.5 14H11v6H8.500z'],
] as const

/** What is around every page: where else to go, how oneself is shown, and whether all of this is live. */
export function Frame({ session, children }: { readonly session: Session; readonly children: ComponentChildren }) {
  const now = route.value[0] === 'people' ? '' : (route.value[0] ?? '')
  const pages = PAGES.filter(([page]) => page !== 'admin' || isAdministrator(session.me))
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('#main')?.focus()}>
        {t('skip')}
      </button>
      <header class="side">
        <a class="brand" href={hrefOf()}>
          <img src="/console/icon.svg" alt="" width="28" height="28" />
          Rollcall
        </a>
        <nav aria-label={t('nav')}>
          {pages.map(([page, key, icon]) => (
            <a key={page} href={hrefOf(...(page === '' ? [] : [page]))} aria-current={page === now ? 'page' : undefined}>
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d={icon} />
              </svg>
              <span>{t(key)}</span>
            </a>
          ))}
        </nav>
        <Own session={session} />
        <button type="button" class="quiet leave" onClick={() => void signOut()}>
          {t('signOut')}
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <LineWords />
        {children}
      </main>
      <div class="said" role="status">
        {said.value !== '' && <p>{said.value}</p>}
      </div>
    </div>
  )
}

/** How oneself is shown now; it leads to changing that. */
function Own({ session: { me, people, emoji } }: { readonly session: Session }) {
  const presence = people.presence(me.id)
  return (
    <a class="own" href={hrefOf('me')}>
      <Face user={people.user(me.id) ?? me} presence={presence} />
      <span class="who">
        <b>{nameOf(people.user(me.id) ?? me)}</b>
        <Words presence={presence} />
        <NoteWords note={presence?.note ?? null} emoji={emoji} />
      </span>
    </a>
  )
}

/** A connection that begins may take so long before it is spoken of, in ms. */
const PATIENCE_MS = 1_000

/** Says when what is seen is old: nothing is shown as live that is not. */
function LineWords() {
  const { state, liveAt } = line.value
  const [late, setLate] = useState(false)
  const [offline, setOffline] = useState(!navigator.onLine)
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine)
    addEventListener('online', look)
    addEventListener('offline', look)
    return () => {
      removeEventListener('online', look)
      removeEventListener('offline', look)
    }
  }, [])
  useEffect(() => {
    setLate(false)
    if (state === 'live') return
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [state === 'live'])
  const isOld = offline || (late && state !== 'live')
  const time = liveAt === 0 ? '–' : timeWords(liveAt)
  return (
    <div class="cut" role="status">
      {isOld && (
        <p>{offline ? t('line.offline', { time }) : liveAt === 0 ? t('line.connecting') : t('line.waiting', { time })}</p>
      )}
    </div>
  )
}
