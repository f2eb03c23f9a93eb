import type { Settings } from '../../core/accounts.ts'

/** The version of the product whose behaviour this is. */
export const VERSION = '11.7.0'

/** What clients are told before they log in. */
export function limitedConfig({ statusesEnabled }: Settings): Readonly<Record<string, string>> {
  return {
    BuildEnterpriseReady: 'false',
    BuildNumber: VERSION,
    DefaultClientLocale: 'en',
    EnableSignInWithEmail: 'true',
    EnableSignInWithUsername: 'true',
    EnableUserStatuses: String(statusesEnabled),
    SiteName: 'Rollcall',
    SiteURL: '',
    Version: VERSION,
    WebsocketURL: '',
  }
}

/** What clients are told of the workspace: a flat map of strings. */
export function clientConfig(settings: Settings): Readonly<Record<string, string>> {
  return {
    ...limitedConfig(settings),
    EnableCustomEmoji: 'false',
    EnableCustomUserStatuses: String(settings.notesAllowed),
    EnableLastActiveTime: 'true',
    EnableUserAccessTokens: 'true',
    ExperimentalEnableAutomaticReplies: 'false',
    TeammateNameDisplay: 'username',
    UsersStatusAndProfileFetchingPollIntervalMilliseconds: '3000',
  }
}
