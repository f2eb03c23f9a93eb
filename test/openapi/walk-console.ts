import type { World } from './walker.ts'

/** The console's files, and presets, each as they are answered and refused. */
export async function walkConsole({ walk, ann }: World): Promise<void> {
  await walk('GET /', 200, { as: null })
  await walk('GET /', 304, { as: null, headers: { 'If-None-Match': '*' } })
  await walk('GET /console/console.js', 200, { as: null })
  await walk('GET /console/console.css', 200, { as: null })
  await walk('GET /console/emoji.json', 200, { as: null })
  await walk('GET /console/icon.svg', 200, { as: null })
  await walk('GET /console/none', 404, { as: null })
  const { id } = await walk('POST /v1/presets', 201, { body: { name: 'At a customer', availability: 'busy' } })
  await walk('POST /v1/presets', 409, { body: { name: 'at a customer' } })
  await walk('POST /v1/presets', 400, { body: { name: '' } })
  await walk('POST /v1/presets', 403, { as: ann, body: { name: 'Mine' } })
  await walk('GET /v1/presets', 200, { as: ann })
  await walk('GET /v1/presets', 304, { headers: { 'If-None-Match': '*' } })
  await walk(`PUT /v1/presets/${id}`, 200, { body: { name: 'Travelling', availability: null } })
  await walk('PUT /v1/presets/none', 404, { body: { name: 'Nothing' } })
  await walk(`DELETE /v1/presets/${id}`, 403, { as: ann })
  await walk(`DELETE /v1/presets/${id}`, 204)
  await walk(`DELETE /v1/presets/${id}`, 404)
}
