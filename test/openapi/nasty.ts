/** Texts that programs trip over. */
export const NASTY_TEXTS: readonly string[] = [
  ['', ' ', '\0', '\ud800', 'a\ud800', '😀', '\u202eabc', '１２', '__proto__', 'constructor', 'toString', 'hasOwnProperty'],
  ['../..', '..', '.', '%', '%zz', '%00', '%2F', 'a/b', '\\', '"', "'", '<b>', '&amp;', '\r\nX: 1', '{"a":1}', '[]', '{'],
  ['null', 'undefined', 'NaN', 'Infinity', '-0', '-1', '0', '1e400', '9'.repeat(30), 'x'.repeat(600)],
  ['call:', ':', 'call:a b'],
  ['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '0000-01-01T00:00:00Z', '2026-01-01'],
  ['+275760-09-13T00:00:00Z', '275760-09-14T00:00:00Z'],
].flat()

/** Values that are not expected where they come. */
export const NASTY_VALUES: readonly unknown[] = [
  [null, true, false, 0, -1, 1.5, 1e21, -(2 ** 53), 2 ** 31, [], {}, [null], [[]], { a: null }],
  NASTY_TEXTS,
].flat()

/** Bodies that are no proper JSON, or that readers differ about. */
export const NASTY_BODIES: readonly string[] = [
  ['', '{', '[', '"', 'null', 'true', '1e999', '-', '[1,]', '\ufeff{}', '{} {}', 'a=1&b=2', '<a/>'],
  ['{"a":1,"a":2}', '{"__proto__":{"a":1}}', `${'['.repeat(80)}${']'.repeat(80)}`],
].flat()
