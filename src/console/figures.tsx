import { Title } from './parts.tsx'
import { t } from './words.ts'

export function Figures() {
  return <Title>{t('figures.title')}</Title>
}
