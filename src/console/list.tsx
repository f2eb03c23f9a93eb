import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'

interface ListParts<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly hrefOf: (row: Row) => string
  /** A row's height, in rem. */
  readonly height: number
  readonly children: (row: Row) => ComponentChildren
}

const REM_PX = 16
const OVERSCAN_ROWS = 8

/** Thousands of links, of which those in sight exist. One of them is in the order of tabs; arrows, Home, End and pages move on. */
export function LongList<Row>({ label, rows, keyOf, hrefOf, height, children }: ListParts<Row>) {
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const moved = useRef(false)
  const virtualizer = useVirtualizer(box, rows.length, (index) => keyOf(rows[index] as Row), height)
  const shown = virtualizer.getVirtualItems()
  const active = Math.min(at, rows.length - 1)

  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / (height * REM_PX)) - 1)
    const wanted = KEYS[event.key]?.(active, page)
    if (wanted === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const next = Math.max(0, Math.min(rows.length - 1, wanted))
    moved.current = true
    setAt(next)
    virtualizer.scrollToIndex(next)
  }

  useLayoutEffect(() => {
    if (!moved.current) return
    const link = box.current?.querySelector<HTMLElement>(`[data-index="${active}"] a`)
    if (link == null) return
    moved.current = false
    link.focus({ preventScroll: true })
  })

  return (
    <div class="long" ref={box}>
      <ol aria-label={label} style={{ height: `${virtualizer.getTotalSize()}px` }} onKeyDown={onKeyDown}>
        {shown.map(({ index, start, size, key }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <li
              key={key}
              class="line"
              data-index={index}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)`, height: `${size}px` }}
            >
              <a
                href={hrefOf(row)}
                tabIndex={index === active || (index === shown[0]?.index && !isIn(shown, active)) ? 0 : -1}
                onFocus={() => setAt(index)}
              >
                {children(row)}
              </a>
            </li>
          )
        })}
      </ol>
    </div>
  )
}

const isIn = (shown: readonly { readonly index: number }[], at: number): boolean => shown.some(({ index }) => index === at)

const KEYS: Readonly<Record<string, (at: number, page: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: () => Number.MAX_SAFE_INTEGER,
}

type Box = { readonly current: HTMLDivElement | null }

function useVirtualizer(box: Box, count: number, keyAt: (index: number) => string, height: number) {
  const [, draw] = useReducer((turn: number) => turn + 1, 0)
  const options = {
    count,
    getScrollElement: () => box.current,
    getItemKey: keyAt,
    estimateSize: () => height * Number.parseFloat(getComputedStyle(document.documentElement).fontSize || String(REM_PX)),
    overscan: OVERSCAN_ROWS,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => draw(undefined),
  }
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, HTMLElement>(options))
  virtualizer.setOptions(options)
  useEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => virtualizer._willUpdate())
  return virtualizer
}
