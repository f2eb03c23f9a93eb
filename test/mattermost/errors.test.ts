import { expect, test } from 'vitest'
import { Failure, type FailureCode } from '../../src/core/errors.ts'
import { appError, appErrorOf, errorBody } from '../../src/dialects/mattermost/errors.ts'
import { HTTP_STATUS } from '../../src/http/errors.ts'

test('[MM-1.3-1] five keys in this order', () => {
  const body = errorBody(appErrorOf(appError('invalid_body_param', 'user_ids')), 'r'.repeat(26))
  expect(body).toBe(
    `{"id":"api.context.invalid_body_param.app_error","message":"Invalid or missing user_ids in request body.","detailed_error":"","request_id":"${'r'.repeat(26)}","status_code":400}`,
  )
})

test('[MM-1.3-3] a bug of ours tells nothing', () => {
  expect(appErrorOf(null)).toEqual({ id: '', status: 500, message: 'Internal Server Error' })
})

test.each(Object.keys(HTTP_STATUS) as FailureCode[])('[MM-1.3-4] a failure that is %s has an error', (code) => {
  const error = appErrorOf(new Failure(code, 'a message of ours'))
  expect(error.id).toMatch(/^[a-z0-9_.]+$/)
  expect(error.message).not.toContain('a message of ours')
  expect(error.status).toBeGreaterThanOrEqual(400)
})

test.each([
  ['unavailable', 'contended', 503, 'api.context.server_busy.app_error'],
  ['too_many', 'too_many_failed_logins', 401, 'api.user.check_user_login_attempts.too_many.app_error'],
  ['unauthenticated', 'deactivated', 401, 'api.user.login.inactive.app_error'],
  ['forbidden', 'notes_not_allowed', 501, 'api.custom_status.disabled'],
  ['forbidden', 'scope_missing', 403, 'api.context.permissions.app_error'],
  ['invalid', 'invisible_not_allowed', 400, 'api.context.invalid_body_param.app_error'],
] as const)('[MM-1.3-4] %s, %s', (code, reason, status, id) => {
  expect(appErrorOf(new Failure(code, 'x', { reason }))).toMatchObject({ status, id })
})
