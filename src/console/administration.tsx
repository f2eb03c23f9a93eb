import { Title } from './parts.tsx'
import { t } from './words.ts'

export function Administration() {
  return <Title>{t('admin.title')}</Title>
}
