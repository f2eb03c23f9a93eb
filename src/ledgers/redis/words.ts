import { ErrorReply } from '@redis/client'
import { Failure } from '../../core/errors.ts'

/** What a refusal means for whoever runs it, by the word that it begins with. */
const MEANINGS: Readonly<Record<string, string>> = {
  READONLY: 'it is a replica: name its primary, or the sentinels that watch it',
  OOM: 'it may take no more memory: raise its maxmemory',
  MISCONF: 'it cannot write to its disk: make room there, or look at its log',
  NOREPLICAS: 'fewer replicas are connected than its min-replicas-to-write',
  NOPERM: 'its user may not do what is needed, which docs/scale.md lists',
  NOAUTH: 'it wants a password, as in redis://:PASSWORD@HOST',
  WRONGPASS: 'it does not know this user with this password',
  WRONGTYPE: 'something else is under the names of its keys: give it another ?prefix=',
  LOADING: 'it still loads what is on its disk',
}

/** What Redis said, or why nothing was heard of it, with what to do about it where that is known. */
export function wordsOf(why: unknown): string {
  if (why instanceof AggregateError) return why.errors.map(wordsOf).join('; ')
  const { message } = why as Error
  const [code = ''] = message.split(' ', 1)
  const meaning = MEANINGS[code]
  return meaning === undefined ? message.replace(/ script: \w+, on @user_script:\d+\.$/, '') : `${meaning} (${code})`
}

/** A command that was refused, or whose answer never came, as Failure `unavailable`; its cause is what the client threw. */
export function failed(cause: unknown): Failure {
  const begins = cause instanceof ErrorReply ? 'Redis refuses' : 'Redis does not answer'
  return new Failure('unavailable', `${begins}: ${wordsOf(cause)}`, { reason: 'ledger_away', cause })
}

/** Whether Redis answered, and would not. */
export const isRefusal = (error: unknown): boolean => error instanceof Failure && error.cause instanceof ErrorReply

/** Whether Redis does not have a script under its digest. */
export const isUnknownScript = (error: unknown): boolean =>
  error instanceof Failure && error.cause instanceof ErrorReply && error.cause.message.startsWith('NOSCRIPT')
