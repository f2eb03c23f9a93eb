import { useEffect } from 'preact/hooks'
import { Administration } from './administration.tsx'
import { Board } from './board.tsx'
import { Figures } from './figures.tsx'
import { Frame } from './frame.tsx'
import { GroupPage } from './group.tsx'
import { Groups } from './groups.tsx'
import { Me } from './me.tsx'
import { PersonPage } from './person.tsx'
import { route } from './route.ts'
import { type Session, session } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { language } from './words.ts'

/** The console: whoever is signed in sees a page, everybody else the way in. */
export function App({ failure }: { readonly failure: unknown }) {
  useEffect(() => {
    document.documentElement.lang = language.value
  }, [language.value])
  const opened = session.value
  if (opened === null) return <SignIn before={failure} />
  return (
    <Frame session={opened}>
      <Page session={opened} />
    </Frame>
  )
}

function Page({ session: opened }: { readonly session: Session }) {
  const [page = '', word = '', ...rest] = route.value
  switch (page) {
    case 'me':
      return <Me session={opened} />
    case 'people':
      return <PersonPage key={word} session={opened} word={word} />
    case 'groups':
      return word === '' ? <Groups session={opened} /> : <GroupPage key={word} session={opened} groupId={word} />
    case 'figures':
      return <Figures session={opened} />
    case 'admin':
      return <Administration session={opened} section={word} word={rest[0] ?? ''} />
    default:
      return <Board session={opened} />
  }
}
