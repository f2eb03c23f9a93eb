/*
 * The search of the site: offline, from a disk too. It is a classic script, and so is the list of places that it loads when somebody
 * begins to search, because pages on a disk may not load anything else.
 */

const FOUND_MAX = 20
const IN_TITLE = 4
const IN_HEADING = 8

const here = document.currentScript.src
let places = null

const box = document.createElement('search')
box.innerHTML = `<input type="search" aria-label="Search these pages" placeholder="Search" autocomplete="off" spellcheck="false">
<div class="found" hidden><p role="status"></p><ol></ol></div>`
document.querySelector('header').append(box)
const input = box.querySelector('input')
const found = box.querySelector('.found')

input.addEventListener('focus', load, { once: true })
input.addEventListener('input', show)
box.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return
  input.value = ''
  show()
  input.focus()
})
document.addEventListener('click', ({ target }) => {
  // A place on this very page, or somewhere else on it, was chosen.
  if (!box.contains(target) || target.closest('ol a') !== null) found.hidden = true
})

function load() {
  const script = document.createElement('script')
  script.src = new URL('places.js', here).href
  script.onload = () => {
    places = globalThis.PLACES
    show()
  }
  document.head.append(script)
}

function show() {
  const wanted = wordsIn(input.value)
  found.hidden = wanted.length === 0 || places === null
  if (found.hidden) return
  const ranked = places
    .map((place) => ({ place, rank: rankOf(place, wanted) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
  found.querySelector('p').textContent = ranked.length === 1 ? '1 place' : `${ranked.length} places`
  found.querySelector('ol').replaceChildren(...ranked.slice(0, FOUND_MAX).map(({ place }) => lineOf(place)))
}

/** Each word must begin one of the place's words, or of its headings; the headings count for more. Zero: it is not the place. */
function rankOf({ title, heading, words }, wanted) {
  const [titled, headed, below] = [wordsIn(title), wordsIn(heading), ` ${words}`]
  let rank = 0
  for (const word of wanted) {
    const begins = (other) => other.startsWith(word)
    const one =
      (titled.some(begins) ? IN_TITLE : 0) + (headed.some(begins) ? IN_HEADING : 0) + (below.includes(` ${word}`) ? 1 : 0)
    if (one === 0) return 0
    rank += one
  }
  return rank
}

function lineOf({ title, heading, address }) {
  const line = document.createElement('li')
  const link = document.createElement('a')
  link.href = new URL(address, here).href
  link.textContent = heading
  line.append(link)
  if (heading !== title) line.append(` ${title}`)
  return line
}

function wordsIn(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
}
