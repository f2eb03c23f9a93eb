import { render } from 'preact'
import { App } from './app.tsx'
import { followTitle } from './route.ts'
import { resume } from './session.ts'
import { dress } from './theme.ts'

dress()
followTitle()
const place = document.querySelector('#console')
if (place !== null) {
  place.replaceChildren()
  const failure = await resume().then(
    () => null,
    (error: unknown) => error,
  )
  render(<App failure={failure} />, place)
}
