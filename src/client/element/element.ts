import { type Client, connect, type Failure, type ShownPresence } from '../client.ts'
import { type Behaviour, defineElement } from './custom.ts'
import { type Look, SHAPES, STYLE, wordsFor } from './looks.ts'

const SVG = 'http://www.w3.org/2000/svg'

/** One connection for all elements of a page that name the same server and token; each is told when it is over. */
interface Shared {
  readonly client: Client
  readonly over: Set<(failure: Failure | null) => void>
}

const clients = new Map<string, Shared>()

/*
 * <rollcall-status user="anna" show="dot" server="https://…" token="…">: `server` is where this file came from unless said,
 * `token` what <meta name="rollcall-token"> says. It tells the page of changes with `rollcall-change` and of refusals with
 * `rollcall-failure`. Its parts: `dot` (and the availability), `text`, `note`.
 */
defineElement('rollcall-status', ['user', 'server', 'token'], statusOf)

function statusOf(host: HTMLElement): Behaviour {
  const draw = drawingIn(host)
  let stop: () => void = () => {}

  function show(presence: ShownPresence | null): void {
    draw(presence)
    host.dispatchEvent(new CustomEvent('rollcall-change', { detail: presence, bubbles: true, composed: true }))
  }

  function fail(failure: Failure | null): void {
    show(null)
    host.dispatchEvent(new CustomEvent('rollcall-failure', { detail: failure, bubbles: true, composed: true }))
  }

  function begin(): void {
    stop()
    const { user, server, token } = wantedBy(host)
    draw(null)
    if (user === '' || token === '') return
    const { client, over } = sharedClient(server, token)
    const unwatch = client.watch([user], show)
    over.add(fail)
    client.ready().catch(() => undefined)
    stop = () => {
      over.delete(fail)
      unwatch()
    }
  }

  return {
    connected: begin,
    disconnected: () => stop(),
    changed: () => void (host.isConnected && begin()),
  }
}

function wantedBy(host: HTMLElement): { user: string; server: string; token: string } {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="rollcall-token"]')
  return {
    user: host.getAttribute('user') ?? '',
    server: host.getAttribute('server') ?? new URL(import.meta.url).origin,
    token: host.getAttribute('token') ?? meta?.content ?? '',
  }
}

function sharedClient(url: string, token: string): Shared {
  const key = `${url} ${token}`
  const known = clients.get(key)
  if (known !== undefined && known.client.state !== 'ended') return known
  const over: Shared['over'] = new Set()
  const client = connect({
    url,
    token,
    onState(state, failure) {
      if (state === 'ended') for (const told of over) told(failure)
    },
  })
  const made = { client, over }
  clients.set(key, made)
  return made
}

/** Draws into the element's shadow; by script alone, so that a page's content security policy needs to allow nothing more. */
function drawingIn(host: HTMLElement): (presence: ShownPresence | null) => void {
  const shadow = host.attachShadow({ mode: 'open' })
  const style = new CSSStyleSheet()
  style.replaceSync(STYLE)
  shadow.adoptedStyleSheets = [style]
  const dot = document.createElementNS(SVG, 'svg')
  dot.setAttribute('viewBox', '0 0 16 16')
  dot.setAttribute('aria-hidden', 'true')
  const shape = dot.appendChild(document.createElementNS(SVG, 'path'))
  const text = document.createElement('span')
  text.setAttribute('part', 'text')
  const note = document.createElement('span')
  note.setAttribute('part', 'note')
  shadow.append(dot, text, note)
  return (presence) => {
    const look: Look = presence?.availability ?? 'unknown'
    shape.setAttribute('d', SHAPES[look])
    dot.setAttribute('part', `dot ${look}`)
    text.textContent = wordsFor(presence)
    note.textContent = presence?.note?.text ?? ''
  }
}
