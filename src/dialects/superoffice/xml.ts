import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { Failure } from '../../core/errors.ts'

/** Elements within elements that are read; more is malformed. */
const DEPTH_MAX = 16
/** Attributes are read under this sign, which no element's name can begin with. */
const ATTRIBUTE = '@'

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  htmlEntities: true,
  maxNestedTags: DEPTH_MAX,
})

const builder = new XMLBuilder({ format: false })

/** Characters that XML 1.0 cannot hold; they leave as U+FFFD. */
const UNSENDABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** A value as `<Root>…</Root>`: one element for each key, without namespaces; null as a whole is `xsi:nil`. */
export function writeXml(root: string, value: unknown): string {
  if (value === null) return `<${root} xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"></${root}>`
  return builder.build({ [root]: sendable(value) }).replaceAll('\r', '&#xD;')
}

/** What stands inside the root element, whatever that is called. Documents with a DTD are refused: there are no entities to expand. */
export function readXml(text: string): unknown {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw malformed('A document type declaration is not accepted.')
  if (XMLValidator.validate(text) !== true) throw malformed('The body is not well-formed XML.')
  try {
    const [root] = Object.entries<unknown>(parser.parse(text)).filter(([name]) => name !== '#text')
    return root === undefined ? null : plain(root[1])
  } catch (error) {
    throw malformed('The body is not XML that is understood here.', error)
  }
}

/** Elements as values: `nil` is null, text is a string, anything with elements an object. */
function plain(element: unknown): unknown {
  if (Array.isArray(element)) return element.map(plain)
  if (typeof element !== 'object' || element === null) return element
  const entries = Object.entries(element)
  if (entries.some(([name, value]) => name === `${ATTRIBUTE}nil` && value === 'true')) return null
  const elements = entries.filter(([name]) => !name.startsWith(ATTRIBUTE) && name !== '#text')
  if (elements.length === 0) return '#text' in element ? element['#text'] : ''
  return Object.fromEntries(elements.map(([name, value]) => [name, plain(value)]))
}

function sendable(value: unknown): unknown {
  if (value === null) return ''
  if (typeof value === 'string') return value.replaceAll(UNSENDABLE, '\ufffd')
  if (Array.isArray(value)) return { string: value.map(sendable) }
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sendable(inner)]))
}

function malformed(message: string, cause?: unknown): Failure {
  return new Failure('invalid', message, { reason: 'malformed', cause })
}
