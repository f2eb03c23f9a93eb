import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { World } from './walker.ts'

/** Every operation on webhooks, each as it succeeds and as it is refused by its own reasons. */
export async function walkWebhooks({ walk, ann }: World): Promise<void> {
  const receiver = createServer((request, response) => void request.resume().on('end', () => response.end()))
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  try {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/told`
    await walk('POST /v1/webhooks', 400, { body: { url } })
    await walk('PATCH /v1/settings', 200, { body: { webhookHosts: ['127.0.0.1'] } })
    const { id } = await walk('POST /v1/webhooks', 201, {
      body: { url, name: 'walk', users: ['ann'], availabilities: ['online'] },
    })
    await walk('POST /v1/webhooks', 404, { body: { url, users: ['nobody'] } })
    await walk('POST /v1/webhooks', 403, { as: ann, body: { url } })
    await walk('GET /v1/webhooks', 200)
    await walk('GET /v1/webhooks', 403, { as: ann })
    await walk(`GET /v1/webhooks/${id}`, 200)
    await walk(`GET /v1/webhooks/${id}`, 304, { headers: { 'If-None-Match': '*' } })
    await walk('GET /v1/webhooks/none', 404)
    await walk(`PATCH /v1/webhooks/${id}`, 200, { body: { name: 'walked' } })
    await walk(`PATCH /v1/webhooks/${id}`, 400, { body: { active: 'yes' } })
    await walk(`POST /v1/webhooks/${id}/rotate`, 200, { body: {} })
    await walk(`POST /v1/webhooks/${id}/test`, 200)
    await walk(`GET /v1/webhooks/${id}/deliveries`, 200)
    await walk(`POST /v1/webhooks/${id}/redeliver`, 202, { body: {} })
    await walk(`POST /v1/webhooks/${id}/redeliver`, 400, { body: { ids: 'all' } })
    await walk(`DELETE /v1/webhooks/${id}`, 204)
    await walk(`DELETE /v1/webhooks/${id}`, 404)
  } finally {
    receiver.close()
  }
}
