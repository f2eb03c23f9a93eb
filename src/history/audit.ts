import type { Audit, AuditEntry } from '../core/audit.ts'
import type { Append } from '../core/ports.ts'
import type { Instant } from '../core/vocabulary.ts'
import { AUDIT_SERIES, appendOf, POLICY_SERIES, policySeries } from './series.ts'

/** One line of the audit log; and, where it changes what the rules of presence need to know, what held until then. */
export const audit: Audit = (entry, at) => [appendOf(AUDIT_SERIES, at, entry), ...supersededPolicy(entry, at)]

const OF_WORKSPACE = ['invisibleAllowed', 'declaredOnlineMaxMs']
const OF_USER = ['active', 'bot']

function supersededPolicy({ kind, userId, details = {} }: AuditEntry, at: Instant): Append[] {
  if (kind === 'settings.changed') return supersededIn(POLICY_SERIES, OF_WORKSPACE, details, at)
  return kind === 'user.changed' && userId !== undefined ? supersededIn(policySeries(userId), OF_USER, details, at) : []
}

function supersededIn(
  series: string,
  names: readonly string[],
  details: Readonly<Record<string, unknown>>,
  at: Instant,
): Append[] {
  const changed = names.filter((name) => details[name] !== undefined)
  if (changed.length === 0) return []
  return [appendOf(series, at, Object.fromEntries(changed.map((name) => [name, Object(details[name]).from])))]
}
