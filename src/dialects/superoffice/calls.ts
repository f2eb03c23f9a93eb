/** What each address does with each method, as `GET /api/v1` and an Agents address itself tell it. */
export const CALLS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'User/{associateId}/UserPresenceStatus': { GET: 'Get user presence status', PUT: 'Set user presence status' },
  'User/currentPrincipal': { GET: 'The logged-in user, with permissions and status.' },
  'User/currentAssociate': { GET: "The logged-in user's associate." },
  'User/{id}': { GET: 'Gets a User object.' },
  'User/{userName}': { GET: 'Gets a User object by its name.' },
  'Agents/User/GetUserPresenceStatus': { POST: 'Get user presence status: {AssociateId}' },
  'Agents/User/SetUserPresenceStatus': {
    POST: 'Set user presence status: {AssociateId, UserPresenceStatus: {Status, Message}}',
  },
  'Agents/User/GetUser': { POST: '?userId={userId}   Gets a User object.' },
  'Agents/Associate/GetAssociate': { POST: '?associateId={associateId}   Gets an Associate object.' },
}

/** Every call by its full address. */
export function callsUnder(root: string): Record<string, object> {
  return Object.fromEntries(Object.entries(CALLS).map(([path, methods]) => [`${root}/v1/${path}`, methods]))
}

/** The methods that an address takes, as the routes spell it; none: nothing is there. */
export function methodsAt(path: string): readonly string[] {
  return [...new Set(SERVED.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))]
}

const SERVED = [
  { pattern: /^\/api$|^\/api\/v1$|^\/api\/state\/[^/]+$/, methods: ['GET'] },
  ...Object.entries(CALLS).map(([path, methods]) => ({
    pattern: new RegExp(`^/api/v1/${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods: path.startsWith('Agents/') ? ['GET', ...Object.keys(methods)] : Object.keys(methods),
  })),
]
