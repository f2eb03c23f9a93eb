import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { Emoji } from './emoji.ts'
import { t } from './words.ts'

/** So many are shown at once: a search brings the others. */
const SHOWN_MAX = 160

interface PickerParts {
  readonly emoji: Emoji
  /** The name of the chosen one; empty: none. */
  readonly chosen: string
  readonly told: (name: string) => void
}

/** Chooses an emoji, by search and arrow keys; nothing is asked of any other server. */
export function EmojiPicker({ emoji, chosen, told }: PickerParts) {
  const [open, setOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const id = useId()

  function choose(name: string): void {
    told(name)
    setOpen(false)
    opener.current?.focus()
  }

  return (
    <div class="picker">
      <button
        ref={opener}
        type="button"
        class="emoji-button"
        aria-expanded={open}
        aria-controls={id}
        aria-label={chosen === '' ? t('status.emoji') : t('status.emojiNow', { name: chosen.replaceAll('_', ' ') })}
        onClick={() => setOpen(!open)}
      >
        {chosen === '' ? '☺' : (emoji.characterOf(chosen) ?? `:${chosen}:`)}
      </button>
      {open && <Choosing id={id} emoji={emoji} choose={choose} leave={() => choose(chosen)} />}
    </div>
  )
}

interface ChoosingParts {
  readonly id: string
  readonly emoji: Emoji
  readonly choose: (name: string) => void
  readonly leave: () => void
}

function Choosing({ id, emoji, choose, leave }: ChoosingParts) {
  const [text, setText] = useState('')
  const search = useRef<HTMLInputElement>(null)
  useEffect(() => search.current?.focus(), [])
  const words = text.trim().toLowerCase().replaceAll(':', '')
  const found = emoji.all().filter((entry) => words === '' || entry.words.includes(words))
  return (
    <fieldset
      class="emoji-panel card"
      id={id}
      aria-label={t('emoji.title')}
      onKeyDown={({ key }) => {
        if (key === 'Escape') leave()
      }}
    >
      <div class="row">
        <input
          ref={search}
          type="search"
          aria-label={t('emoji.search')}
          placeholder={t('emoji.search')}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            if (found[0] !== undefined) choose(found[0].name)
          }}
        />
        <button type="button" class="quiet" onClick={() => choose('')}>
          {t('status.noEmoji')}
        </button>
      </div>
      <p class="soft" aria-live="polite">
        {t('emoji.found', { count: found.length })}
      </p>
      <fieldset class="emoji-grid" aria-label={t('emoji.title')} onKeyDown={stepAmong}>
        {found.slice(0, SHOWN_MAX).map(({ character, name }, index) => (
          <button
            key={character}
            type="button"
            tabIndex={index === 0 ? 0 : -1}
            title={name}
            aria-label={name.replaceAll('_', ' ')}
            onClick={() => choose(name)}
          >
            {character}
          </button>
        ))}
      </fieldset>
    </fieldset>
  )
}

/** Arrows go from one to the next, up and down by a line of the grid. */
function stepAmong(event: KeyboardEvent): void {
  const grid = event.currentTarget as HTMLElement
  const all = [...grid.querySelectorAll('button')]
  const at = all.indexOf(event.target as HTMLButtonElement)
  const top = all[0]?.offsetTop
  const columns = all.filter(({ offsetTop }) => offsetTop === top).length
  const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }
  const step = steps[event.key]
  if (at < 0 || step === undefined) return
  event.preventDefault()
  all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus()
}
