import { Type } from 'typebox'
import { type Route, route } from '../../http/route.ts'
import { identifyIfKnown } from './access.ts'
import { clientConfig, limitedConfig } from './config.ts'
import { encode } from './go-json.ts'
import { firstOf, Parameter } from './query.ts'
import { ConfigShape, LicenseShape, PingShape } from './shapes.ts'
import type { Voice } from './voice.ts'

/** What clients ask of the server itself. */
export function systemRoutes({ services }: Voice): Route[] {
  const shared = { method: 'GET', access: 'anyone', rate: 'read' } as const
  return [
    route({
      rule: 'MM-3.1-16',
      path: '/api/v4/system/ping',
      summary: 'Whether the server is there',
      answers: { 200: PingShape },
      ...shared,
      query: Type.Object({ get_server_status: Parameter }),
      handle: ({ query }) => encode({ ...PING, ...(firstOf(query.get_server_status) === 'true' && SERVER_STATUS), status: 'OK' }),
    }),
    route({
      rule: 'MM-3.1-18',
      path: '/api/v4/config/client',
      summary: 'Read the settings that clients know',
      answers: { 200: ConfigShape },
      ...shared,
      handle({ request }) {
        const config = identifyIfKnown(request, services) === null ? limitedConfig : clientConfig
        return encode(config(services.settings.current))
      },
    }),
    route({
      rule: 'MM-3.1-19',
      path: '/api/v4/license/client',
      ...shared,
      summary: 'Read the licence',
      answers: { 200: LicenseShape },
      handle: () => '{"IsLicensed":"false"}',
    }),
  ]
}

const PING = {
  ActiveSearchBackend: 'database',
  AndroidLatestVersion: '',
  AndroidMinVersion: '',
  IosLatestVersion: '',
  IosMinVersion: '',
}

const SERVER_STATUS = { database_status: 'OK', filestore_status: 'OK' }
