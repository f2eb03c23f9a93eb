import { type TProperties, type TSchema, Type } from 'typebox'

/*
 * What bodies and answers look like, for the API description; tests hold the server's real answers against it. Bodies are read
 * by hand, as the product reads them: names in any case.
 */

const titled = <P extends TProperties>(title: string, properties: P) =>
  Type.Object(properties, { additionalProperties: false, title: `SuperOffice${title}` })

const Text = Type.String()
const Count = Type.Integer()
const Flag = Type.Boolean()
const Id = Type.Integer({ minimum: -2147483648, maximum: 2147483647 })
const List = Type.Array(Type.Unknown())
const Fields = Type.Object({})

/** A carrier of the product: with `$select` the fields that it does not name are null. */
const carrier = (title: string, properties: Readonly<Record<string, TSchema>>) =>
  titled(title, Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, Type.Union([schema, Type.Null()])])))

export const StatusShape = carrier('UserPresenceStatus', {
  Status: Type.Enum(['StatusNormal', 'StatusNotAvailable', 'StatusDeleted']),
  Message: Text,
})
/** What an agent answers about nobody is null. */
export const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()])

export const NewStatus = Type.Object(
  {
    Status: Type.Enum(['StatusNormal', 'StatusNotAvailable']),
    Message: Type.Optional(
      Type.Union([Type.String({ maxLength: 255 }), Type.Null()], {
        description: 'Empty: withdrawn. Absent or null: left as it is.',
      }),
    ),
  },
  { title: 'SuperOfficeNewStatus' },
)
export const OfAssociate = Type.Object({ AssociateId: Id }, { title: 'SuperOfficeOfAssociate' })
export const NewStatusOfAssociate = Type.Object(
  { AssociateId: Id, UserPresenceStatus: NewStatus },
  { title: 'SuperOfficeNewStatusOfAssociate' },
)

/** Which fields to answer; the others are null. */
export const Selected = Type.Object({
  $select: Type.Optional(Type.String({ description: 'Names of fields, with commas between them.' })),
})
export const byQuery = (name: string) => Type.Object({ [name]: Id, ...Selected.properties })

export const PrincipalShape = carrier('SoPrincipalCarrier', {
  UserType: Text,
  Associate: Text,
  AssociateId: Id,
  IsPerson: Flag,
  PersonId: Count,
  CountryId: Count,
  HomeCountryId: Count,
  ContactId: Count,
  GroupId: Count,
  BusinessId: Count,
  CategoryId: Count,
  ContactOwner: Count,
  RoleId: Count,
  RoleName: Text,
  RoleDescription: Text,
  RoleType: Text,
  Licenses: List,
  FullName: Text,
  EMailAddress: Text,
  FunctionRights: List,
  EjUserId: Id,
  EjAccessLevel: Count,
  EjUserStatus: Text,
  ProvidedCredentials: List,
  SecondaryGroups: List,
  DatabaseContextIdentifier: Text,
  UserName: Text,
})

export const AssociateShape = carrier('Associate', {
  AssociateId: Id,
  Name: Text,
  PersonId: Count,
  Rank: Count,
  Tooltip: Text,
  Type: Text,
  GroupIdx: Count,
  FullName: Text,
  FormalName: Text,
  Deleted: Flag,
  EjUserId: Id,
  UserName: Text,
  TableRight: Fields,
  FieldProperties: Fields,
})

const userFields = {
  AssociateId: Id,
  Name: Text,
  Rank: Count,
  Tooltip: Text,
  LicenseOwners: List,
  Role: Fields,
  UserGroup: Fields,
  OtherGroups: List,
  Person: Fields,
  Deleted: Flag,
  Lastlogin: Text,
  Lastlogout: Text,
  EjUserId: Id,
  RequestSignature: Text,
  Type: Text,
  IsPersonRetired: Flag,
  IsOnTravel: Flag,
  Credentials: List,
  UserName: Text,
  TicketCategories: List,
  NickName: Text,
  WaitingForApproval: Flag,
  ExtraFields: Fields,
  CustomFields: Fields,
  PostSaveCommands: List,
  TableRight: Fields,
  FieldProperties: Fields,
}
export const UserShape = carrier('User', userFields)
export const UserWithLinksShape = carrier('UserWithLinks', { ...userFields, _Links: Type.Record(Type.String(), Type.String()) })

const json = 'application/json'
/** Addresses with what each does; in JSON only. */
export const CallsShape = Type.Record(Type.String(), Type.Record(Type.String(), Type.String()), {
  title: 'SuperOfficeCalls',
  contentMediaType: json,
})
export const VersionShape = titled('ApiVersion', {
  v1: Text,
  NetServerVersion: Text,
  NetServerAssembly: Text,
  NetServerDate: Text,
  NetServerLabel: Text,
  NetServer: Text,
  Services: Text,
  ServicesCurrent: Text,
  Version: Text,
})
export const PageShape = Type.String({ contentMediaType: 'text/html' })
export const TenantShape = titled('TenantStatus', {
  ContextIdentifier: Text,
  Endpoint: Text,
  State: Text,
  IsRunning: Flag,
  ValidUntil: Text,
  Api: Text,
})

export const HttpErrorShape = titled('HttpError', { Message: Text, MessageDetail: Type.Optional(Text) })
export const ServiceErrorShape = titled('ServiceError', {
  Error: Type.Literal(true),
  ErrorType: Text,
  ErrorMessage: Text,
  ErrorSource: Text,
})
