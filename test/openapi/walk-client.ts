import type { World } from './walker.ts'

/** What serves pages: the scripts, and badges. */
export async function walkClient({ walk, ann }: World): Promise<void> {
  for (const path of ['/client.js', '/element.js']) {
    await walk(`GET ${path}`, 200, { as: null })
    await walk(`GET ${path}`, 304, { as: null, headers: { 'If-None-Match': '*' } })
  }
  const { url } = await walk('POST /v1/presence/me/badge', 201, { as: ann })
  const { pathname } = new URL(url)
  await walk(`GET ${pathname}`, 200, { as: null })
  await walk(`GET ${pathname}`, 304, { as: null, headers: { 'If-None-Match': '*' } })
  await walk('POST /v1/presence/admin/badge', 403, { as: ann })
  await walk('POST /v1/presence/nobody/badge', 404)
  await walk('DELETE /v1/presence/nobody/badge', 404)
  await walk('DELETE /v1/presence/me/badge', 204, { as: ann })
  await walk(`GET ${pathname}`, 404, { as: null })
}
