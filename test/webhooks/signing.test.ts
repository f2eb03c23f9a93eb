import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { newSecret, signed } from '../../src/webhooks/signing.ts'

test('[WH8] a signature is that of the worked example of Standard Webhooks', () => {
  const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
  expect(signed('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_999, '{"test": 2432232314}', secrets)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('[WH8] each valid secret signs, the newest first', () => {
  const [one, other] = [newSecret(randomBytes), newSecret(randomBytes)]
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const alone = signed('msg_1', 0, '{}', [one])['webhook-signature']
  expect(signed('msg_1', 0, '{}', [one, other])['webhook-signature']?.split(' ')[0]).toBe(alone)
  expect(signed('msg_1', 0, '{}', [other])['webhook-signature']).not.toBe(alone)
})
