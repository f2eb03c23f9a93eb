import Negotiator from 'negotiator'

/** The six media types of the product, the one that is sent when nothing is asked first. */
export const MEDIA_TYPES = [
  'application/json',
  'text/json',
  'application/xml',
  'text/xml',
  'application/json-patch+json',
  'application/merge-patch+json',
] as const
export type MediaType = (typeof MEDIA_TYPES)[number]

/** What a media range says beside its weight, as its charset: answers are UTF-8 whatever it says. */
const PARAMETER = /;(?!\s*q\s*=)[^;,]*/gi

/** Different Accept headers remembered; clients send a handful. */
const REMEMBERED_MAX = 200

const CHOSEN = new Map<string, MediaType>()

/** The type to answer in; what nobody can give is answered in JSON, as there is no 406. */
export function mediaTypeFor(accept: string | undefined): MediaType {
  if (accept === undefined) return MEDIA_TYPES[0]
  const known = CHOSEN.get(accept)
  if (known !== undefined) return known
  const ranges = accept.replaceAll(PARAMETER, '')
  const wanted = new Negotiator({ headers: { accept: ranges } }).mediaType([...MEDIA_TYPES])
  const chosen = MEDIA_TYPES.find((type) => type === wanted) ?? MEDIA_TYPES[0]
  if (CHOSEN.size >= REMEMBERED_MAX) CHOSEN.clear()
  CHOSEN.set(accept, chosen)
  return chosen
}

/** Browsers and whoever does not ask specifically get a page where there is one. */
export function prefersPage(accept: string | undefined): boolean {
  return new Negotiator({ headers: { accept: accept ?? '*/*' } }).mediaType(['text/html', ...MEDIA_TYPES]) === 'text/html'
}

export function isXml(type: MediaType): boolean {
  return type === 'application/xml' || type === 'text/xml'
}
