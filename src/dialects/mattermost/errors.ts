import { Failure, type FailureCode, type FailureReason } from '../../core/errors.ts'
import { encode } from './go-json.ts'

/** An error as this product writes it. `{Name}` in a message is the parameter at fault. */
export interface AppError {
  readonly id: string
  readonly status: number
  readonly message: string
  /** The answer also takes the session's cookie back. */
  readonly endsSession?: true
}

/** Every error of the contract by its name here. Messages are in English whatever Accept-Language says. */
export const APP_ERRORS = {
  session_expired: {
    id: 'api.context.session_expired.app_error',
    status: 401,
    message: 'Invalid or expired session, please login again.',
  },
  session_ended: {
    id: 'api.context.session_expired.app_error',
    status: 401,
    message: 'Invalid or expired session, please login again.',
    endsSession: true,
  },
  token_in_url: {
    id: 'api.context.token_provided.app_error',
    status: 401,
    message: 'Session is not OAuth but token was provided in the query string.',
  },
  invalid_url_param: {
    id: 'api.context.invalid_url_param.app_error',
    status: 400,
    message: 'Invalid or missing {Name} parameter in request URL.',
  },
  invalid_body_param: {
    id: 'api.context.invalid_body_param.app_error',
    status: 400,
    message: 'Invalid or missing {Name} in request body.',
  },
  parse: { id: 'api.payload.parse.error', status: 400, message: 'An error occurred while parsing the payload.' },
  permissions: {
    id: 'api.context.permissions.app_error',
    status: 403,
    message: 'You do not have the appropriate permissions.',
  },
  too_large: {
    id: 'api.context.request_body_too_large.app_error',
    status: 413,
    message: 'Unable to process request. Request body too large.',
  },
  foreign_page: {
    id: 'api.web_socket.connect.check_origin.app_error',
    status: 403,
    message: 'Your web browser is not allowed to open a WebSocket connection from this page.',
  },
  url_too_long: { id: 'basic_security_check.url.too_long_error', status: 414, message: 'URL is too long' },
  status_user_not_found: { id: 'api.status.user_not_found.app_error', status: 404, message: 'User not found.' },
  missing_account: { id: 'app.user.missing_account.const', status: 404, message: 'Unable to find the user.' },
  custom_disabled: {
    id: 'api.custom_status.disabled',
    status: 501,
    message: 'Custom status feature has been disabled. Please contact your system administrator for details.',
  },
  emoji_not_found: {
    id: 'api.custom_status.set_custom_statuses.emoji_not_found',
    status: 400,
    message: 'Failed to update the custom status. An emoji with the given name does not exist.',
  },
  recent_not_found: {
    id: 'api.custom_status.recent_custom_statuses.delete.app_error',
    status: 400,
    message:
      'Failed to delete the recent status. Please try adding the status first or contact your system administrator for details.',
  },
  no_preference: {
    id: 'app.preference.get.app_error',
    status: 400,
    message: 'We encountered an error while finding preferences.',
  },
  wrong_password: {
    id: 'api.user.login.invalid_credentials_email_username',
    status: 401,
    message: 'Enter a valid email or username and/or password.',
  },
  blank_password: { id: 'api.user.login.blank_pwd.app_error', status: 400, message: 'Password field must not be blank' },
  inactive: {
    id: 'api.user.login.inactive.app_error',
    status: 401,
    message: 'Login failed because your account has been deactivated. Please contact an administrator.',
  },
  too_many_logins: {
    id: 'api.user.check_user_login_attempts.too_many.app_error',
    status: 401,
    message: 'Too many failed login attempts. Please try again later.',
  },
  username_taken: {
    id: 'app.user.save.username_exists.app_error',
    status: 400,
    message: 'An account with that username already exists.',
  },
  email_taken: {
    id: 'app.user.save.email_exists.app_error',
    status: 400,
    message: 'An account with that email already exists.',
  },
  invalid_user: { id: 'model.user.is_valid.{Name}.app_error', status: 400, message: 'Invalid {Name} for user.' },
  no_such_token: {
    id: 'app.user_access_token.get_by_user.app_error',
    status: 404,
    message: 'We encountered an error finding the personal access tokens by user.',
  },
  server_busy: {
    id: 'api.context.server_busy.app_error',
    status: 503,
    message: 'Server is busy, non-critical services are temporarily unavailable.',
  },
  internal: { id: '', status: 500, message: 'Internal Server Error' },
} as const satisfies Record<string, AppError>

type ErrorName = keyof typeof APP_ERRORS

/** A failure that is answered with exactly this error. `name`: the parameter at fault. */
export function appError(error: ErrorName, name = ''): Failure {
  const wire = named(error, name)
  const failure = new Failure(CODES[error] ?? 'invalid', wire.message)
  wires.set(failure, wire)
  return failure
}

/** What a failure is in this product's words; null: a bug of ours. */
export function appErrorOf(failure: Failure | null): AppError {
  if (failure === null) return APP_ERRORS.internal
  const wire = wires.get(failure)
  if (wire !== undefined) return wire
  const error = (failure.reason === null ? undefined : BY_REASON[failure.reason]) ?? BY_CODE[failure.code]
  return named(error, NAMES[failure.reason ?? ''] ?? failure.field ?? '')
}

/** The body of an error: five keys in this order, without the request's id where there is none. */
export function errorBody({ id, message, status }: AppError, requestId: string): string {
  return encode({ id, message, detailed_error: '', request_id: requestId, status_code: status })
}

const wires = new WeakMap<Failure, AppError>()

/** How the errors made here count for those who do not look at the body. */
const CODES: Partial<Record<ErrorName, FailureCode>> = {
  session_expired: 'unauthenticated',
  session_ended: 'unauthenticated',
  token_in_url: 'unauthenticated',
  permissions: 'forbidden',
  too_large: 'too_large',
  status_user_not_found: 'not_found',
  missing_account: 'not_found',
  custom_disabled: 'disabled',
}

const BY_REASON: Partial<Record<FailureReason, ErrorName>> = {
  no_such_user: 'missing_account',
  no_such_token: 'no_such_token',
  notes_not_allowed: 'custom_disabled',
  invisible_not_allowed: 'invalid_body_param',
  end_in_past: 'invalid_body_param',
  wrong_password: 'wrong_password',
  deactivated: 'inactive',
  too_many_failed_logins: 'too_many_logins',
}

/** The parameter that a reason is about. */
const NAMES: Readonly<Record<string, string>> = { invisible_not_allowed: 'status', end_in_past: 'custom_status' }

const BY_CODE: Readonly<Record<FailureCode, ErrorName>> = {
  invalid: 'invalid_body_param',
  unauthenticated: 'session_expired',
  forbidden: 'permissions',
  not_found: 'missing_account',
  conflict: 'username_taken',
  too_large: 'too_large',
  unsupported_media: 'parse',
  too_many: 'too_many_logins',
  disabled: 'custom_disabled',
  unavailable: 'server_busy',
}

function named(error: ErrorName, name: string): AppError {
  const wire = APP_ERRORS[error]
  return { ...wire, id: wire.id.replace('{Name}', name), message: wire.message.replace('{Name}', name) }
}
