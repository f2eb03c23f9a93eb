import type { World } from './walker.ts'

/** Every operation on what was, each as it succeeds and as it is refused by its own reasons. */
export async function walkHistory({ walk, ann }: World): Promise<void> {
  await walk('GET /v1/presence/ann/history', 501)
  await walk('PATCH /v1/settings', 200, { body: { history: 'all' } })
  await walk('PUT /v1/presence/me/availability', 200, { as: ann, body: { availability: 'busy' } })
  await walk('PUT /v1/presence/me/availability', 200, { as: ann, body: { availability: 'away' } })
  await walk('GET /v1/presence/ann/history', 200)
  await walk('GET /v1/presence/ann/history?from=yesterday', 400)
  await walk('GET /v1/presence/admin/history', 403, { as: ann })
  await walk('GET /v1/presence/nobody/history', 404)
  await walk(`GET /v1/presence/ann?at=${new Date().toISOString()}`, 200)
  await walk('GET /v1/presence/ann?at=yesterday', 400)
  await walk('GET /v1/presence/ann/history:export', 200)
  await walk('DELETE /v1/presence/ann/history', 204, { as: ann })
  await walk('GET /v1/audit?kind=none', 400)
  await walk('GET /v1/audit', 200)
  await walk('GET /v1/audit', 403, { as: ann })
}
