import type { User } from '../../core/accounts.ts'
import type { UserStatus } from './translate.ts'

type UserType = 'InternalAssociate' | 'ExternalAssociate' | 'SystemAssociate'

/** What the product writes for a date that never was. */
const NO_DATE = '0001-01-01T00:00:00'

/** How the product classes each kind of user. */
const ROLE_TYPES: Record<UserType, string> = {
  InternalAssociate: 'Employee',
  ExternalAssociate: 'ExternalUser',
  SystemAssociate: 'System',
}

export interface PrincipalParts {
  readonly status: UserStatus
  readonly tenant: string
}

/** The logged-in user as `SoPrincipalCarrier`. What Rollcall does not know of (companies, licences, rights) is 0 or empty. */
export function principalCarrier(user: User, { status, tenant }: PrincipalParts): object {
  const id = associateId(user)
  const type = userType(user)
  return {
    UserType: type,
    Associate: user.username,
    AssociateId: id,
    IsPerson: !user.bot,
    PersonId: 0,
    CountryId: 0,
    HomeCountryId: 0,
    ContactId: 0,
    GroupId: 0,
    BusinessId: 0,
    CategoryId: 0,
    ContactOwner: 0,
    RoleId: 0,
    RoleName: user.roles[0] ?? '',
    RoleDescription: user.roles.join(', '),
    RoleType: ROLE_TYPES[type],
    Licenses: [],
    FullName: user.name,
    EMailAddress: user.email ?? '',
    FunctionRights: [],
    EjUserId: id,
    EjAccessLevel: 0,
    EjUserStatus: status,
    ProvidedCredentials: [],
    SecondaryGroups: [],
    DatabaseContextIdentifier: tenant,
    UserName: user.username,
  }
}

/** A user as `Associate`. */
export function associateCarrier(user: User): object {
  const id = associateId(user)
  return {
    AssociateId: id,
    Name: user.username,
    PersonId: 0,
    Rank: 0,
    Tooltip: user.name,
    Type: userType(user),
    GroupIdx: 0,
    FullName: user.name,
    FormalName: user.name,
    Deleted: !user.active,
    EjUserId: id,
    UserName: user.username,
    TableRight: null,
    FieldProperties: {},
  }
}

/** A user as `User`. */
export function userCarrier(user: User): object {
  const id = associateId(user)
  return {
    AssociateId: id,
    Name: user.username,
    Rank: 0,
    Tooltip: user.name,
    LicenseOwners: [],
    Role: null,
    UserGroup: null,
    OtherGroups: [],
    Person: null,
    Deleted: !user.active,
    Lastlogin: NO_DATE,
    Lastlogout: NO_DATE,
    EjUserId: id,
    RequestSignature: '',
    Type: userType(user),
    IsPersonRetired: !user.active,
    IsOnTravel: false,
    Credentials: [],
    UserName: user.username,
    TicketCategories: [],
    NickName: user.username,
    WaitingForApproval: false,
    ExtraFields: {},
    CustomFields: {},
    PostSaveCommands: [],
    TableRight: null,
    FieldProperties: {},
  }
}

/** A user as REST tells it: with where it is found. */
export function userWithLinks(user: User, root: string): object {
  return { ...userCarrier(user), _Links: { Self: `${root}/v1/User/${associateId(user)}`, Archive: `${root}/v1/User` } }
}

function associateId(user: User): number {
  return Number(user.ids['superoffice'] ?? 0)
}

function userType(user: User): UserType {
  if (user.bot) return 'SystemAssociate'
  return user.roles.includes('guest') ? 'ExternalAssociate' : 'InternalAssociate'
}
