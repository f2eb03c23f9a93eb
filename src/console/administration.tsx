import { AuditPage } from './admin-audit.tsx'
import { PresetsPage } from './admin-presets.tsx'
import { SettingsPage } from './admin-settings.tsx'
import { TokensPage } from './admin-tokens.tsx'
import { UserPage } from './admin-user.tsx'
import { UsersPage } from './admin-users.tsx'
import { WebhooksPage } from './admin-webhooks.tsx'
import { Title } from './parts.tsx'
import { isAdministrator } from './people.ts'
import { hrefOf } from './route.ts'
import type { Session } from './session.ts'
import { t } from './words.ts'

const SECTIONS = ['users', 'tokens', 'presets', 'settings', 'webhooks', 'audit'] as const

interface AdministrationParts {
  readonly session: Session
  readonly section: string
  readonly word: string
}

/** What administrators keep. The server decides who that is; this page is only not shown to others. */
export function Administration({ session, section, word }: AdministrationParts) {
  const now = SECTIONS.find((one) => one === section) ?? 'users'
  return (
    <div class="page wide">
      <Title>{isAdministrator(session.me) ? t(`admin.${now}`) : t('admin.title')}</Title>
      {isAdministrator(session.me) ? (
        <>
          <nav class="tabs" aria-label={t('admin.nav')}>
            {SECTIONS.map((one) => (
              <a key={one} href={hrefOf('admin', one)} aria-current={one === now ? 'page' : undefined}>
                {t(`admin.${one}`)}
              </a>
            ))}
          </nav>
          <Section session={session} section={now} word={word} />
        </>
      ) : (
        <p>{t('admin.needed')}</p>
      )}
    </div>
  )
}

function Section({ session, section, word }: AdministrationParts & { readonly section: (typeof SECTIONS)[number] }) {
  switch (section) {
    case 'users':
      return word === '' ? <UsersPage session={session} /> : <UserPage key={word} session={session} word={word} />
    case 'tokens':
      return <TokensPage session={session} word={word} />
    case 'presets':
      return <PresetsPage session={session} />
    case 'settings':
      return <SettingsPage session={session} />
    case 'webhooks':
      return <WebhooksPage session={session} />
    case 'audit':
      return <AuditPage session={session} />
  }
}
