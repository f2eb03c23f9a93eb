import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Failure } from '../client/client.ts'
import { t } from './words.ts'

/** What was just done, in words that a screen reader says too. */
export const said = signal('')

let forgetting: ReturnType<typeof setTimeout> | undefined

/** How long it stays on the page, in ms. */
const SAID_MS = 6_000

export function say(text: string): void {
  said.value = text
  clearTimeout(forgetting)
  forgetting = setTimeout(() => {
    said.value = ''
  }, SAID_MS)
}

/** What is wrong, in the reader's language, and as the server says it. */
export function FailureWords({ failure }: { readonly failure: unknown }) {
  if (failure === null || failure === undefined) return null
  const known = failure instanceof Failure
  const code = known && failure.code in CODES ? CODES[failure.code as keyof typeof CODES] : 'failure.bug'
  return (
    <p class="failure" role="alert">
      {t(code)} {known && failure.code !== 'unavailable' && <span lang="en">{failure.message}</span>}
    </p>
  )
}

const CODES = {
  unauthenticated: 'failure.unauthenticated',
  forbidden: 'failure.forbidden',
  not_found: 'failure.not_found',
  conflict: 'failure.conflict',
  invalid: 'failure.invalid',
  too_large: 'failure.invalid',
  unsupported_media: 'failure.invalid',
  too_many: 'failure.too_many',
  unavailable: 'failure.unavailable',
  disabled: 'failure.disabled',
} as const

/** Something that is done on the server: one at a time, and told when it does not work. */
export function useDeed() {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  async function run(deed: () => Promise<unknown>): Promise<boolean> {
    if (busy) return false
    setBusy(true)
    setFailure(null)
    try {
      await deed()
      return true
    } catch (error) {
      setFailure(error)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, failure, run }
}

/** What a page needs before it can be shown. `load` is called anew whenever one of `inputs` is another. */
export function useLoaded<Thing>(load: () => Promise<Thing>, inputs: readonly unknown[]) {
  const [loaded, setLoaded] = useState<{ readonly thing: Thing | null; readonly failure: unknown }>({
    thing: null,
    failure: null,
  })
  const turn = useRef(0)
  function reload(): void {
    const mine = ++turn.current
    load().then(
      (thing) => mine === turn.current && setLoaded({ thing, failure: null }),
      (failure: unknown) => mine === turn.current && setLoaded(({ thing }) => ({ thing, failure })),
    )
  }
  useEffect(() => {
    reload()
    return () => void turn.current++
  }, inputs)
  return { ...loaded, reload }
}

/** The page's one title; it is given the focus when the page is come to. */
export function Title({ children }: { readonly children: string }) {
  useEffect(() => {
    document.title = `${children} · Rollcall`
  }, [children])
  return <h1 tabIndex={-1}>{children}</h1>
}

/** Asks before something that cannot be undone. */
export function Sure({ question, verb, done, children }: SureParts) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { busy, failure, run } = useDeed()
  const id = useId()
  return (
    <>
      <button type="button" class="quiet danger" onClick={() => dialog.current?.showModal()}>
        {children}
      </button>
      <dialog ref={dialog} aria-labelledby={id}>
        <p id={id}>{question}</p>
        <FailureWords failure={failure} />
        <div class="row end">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            {t('cancel')}
          </button>
          <button
            type="button"
            class="danger solid"
            disabled={busy}
            onClick={() => void run(done).then((ok) => ok && dialog.current?.close())}
          >
            {verb}
          </button>
        </div>
      </dialog>
    </>
  )
}

interface SureParts {
  readonly question: string
  readonly verb: string
  readonly done: () => Promise<unknown>
  readonly children: ComponentChildren
}

/** A secret that is shown this once. */
export function Secret({ secret }: { readonly secret: string }) {
  return (
    <fieldset class="secret" aria-label={t('tokens.once')}>
      <p>{t('tokens.once')}</p>
      <div class="row">
        <code>{secret}</code>
        <button
          type="button"
          class="quiet"
          onClick={() => void navigator.clipboard?.writeText(secret).then(() => say(t('copied')))}
        >
          {t('copy')}
        </button>
      </div>
    </fieldset>
  )
}
