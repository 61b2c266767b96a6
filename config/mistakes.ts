/**
 * The codes of mistakes in a config. docs/errors.md explains each. A code keeps its meaning forever; the code of a removed rule isn't
 * reused.
 */
export const codes = {
  missing: "KK101",
  unknownKey: "KK102",
  wrongType: "KK103",
  wrongForm: "KK104",
  outOfRange: "KK105",

  twoBackends: "KK201",
  noHosts: "KK202",
  sameName: "KK203",
  sameAddress: "KK204",
  addressNotFree: "KK205",
  noControlPlane: "KK206",
  manyControlPlanes: "KK207",
  noPrivateKey: "KK208",
  privateKeyInClear: "KK209",
  unfitMark: "KK210",
  noPodHost: "KK211",
  noZone: "KK212",
  twoLogins: "KK213",
  noAgent: "KK214",
  learnThroughBastion: "KK215",
  specialAddress: "KK216",
  sameMachine: "KK217",
  lockedKey: "KK218",
  noKey: "KK219",
  noPublicKey: "KK220",
  unfitPath: "KK221",
  hostNamedLocalhost: "KK222",
  smallContainer: "KK223",
  keyType: "KK224",
  otherPair: "KK225",
  rootLogin: "KK226",
  mirrorOnLoopback: "KK227",
  reservedName: "KK228",
  imageThresholds: "KK229",
  unfitApiServer: "KK231",

  unsupportedVersion: "KK301",
  rangesOverlap: "KK302",
  rangeInHostsNetwork: "KK303",
  rangeHasHost: "KK304",
  podRangeSize: "KK305",
  serviceRangeSize: "KK306",
  specialRange: "KK307",
  rangeStart: "KK308",
  endpointTaken: "KK309",
  tinyMtu: "KK310",

  unfitProperty: "KK401",
  evenControllers: "KK402",
  unsupportedKafka: "KK403",
  metadataAhead: "KK404",
  outsidePorts: "KK405",
  topicCopies: "KK406",
  sameTopic: "KK407",
  unfitTopicSetting: "KK408",
  unknownSetting: "KK409",
  settingValue: "KK410",
  inSyncCopies: "KK411",
  requestsAboveLimits: "KK412",
  heapAboveLimit: "KK413",
  memoryOfContainers: "KK414",
  heapTooSmall: "KK415",
  brokersLockedOut: "KK416",
  settingConflict: "KK417",
  usersUnasked: "KK418",
  unknownOperation: "KK419",
  unfitOperation: "KK420",
  unfitResource: "KK421",
  sameAcl: "KK422",
  reservedUser: "KK423",

  noPlugin: "KK970",

  noMirror: "KK501",
  unusedMirror: "KK502",
  notMirrored: "KK503",
  noMirrorKey: "KK591",
  unusedMirrorKey: "KK592",
  unsignedMirror: "KK593",

  keptUnsupported: "KK930",
  keptUnread: "KK931",

  closedOutside: "KK562",
  networkWithoutEffect: "KK563",
  keptNetworkUnread: "KK565",
  encryptionJump: "KK566",
  unusedOutsidePort: "KK567",
  sameOutsidePort: "KK568",

  certificateTimes: "KK940",

  backupKeyInClear: "KK950",
  unfitCertificate: "KK951",
  unknownRestore: "KK979",

  gcpName: "KK601",
  gcpZone: "KK602",
  gcpRange: "KK603",
  gcpAddress: "KK604",
  gcpLogin: "KK605",
  gcpEncapsulation: "KK606",
  gcpMtu: "KK607",
  gcpPodRange: "KK608",
} as const;

/** Something in a stack's config that can't work, in the user's words. */
export interface Mistake {
  /** Kind of mistake, which docs/errors.md explains. */
  code: (typeof codes)[keyof typeof codes];
  /**
   * The config key, in the form of `pulumi config set --path`.
   *
   * @example "hosts.existing[1].address"
   */
  key: string;
  /** What is wrong, with the value, and what to set instead. */
  message: string;
}

/** What a rule finds in a config. Most find nothing. */
export type Mistakes = Generator<Mistake, void>;

export function mistake(code: Mistake["code"], key: string, message: string): Mistake {
  return { code, key, message };
}

/**
 * The key at a path, in the form of `pulumi config set --path`; a name with dots is put in quotes.
 *
 * @example keyOf(["hosts", "existing", 1, "address"]) // "hosts.existing[1].address"
 */
export function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === "number") return `${key}[${part}]`;
    const name = String(part);
    return /^[\w-]+$/.test(name) ? `${key}${key && "."}${name}` : `${key}[${JSON.stringify(name)}]`;
  }, "");
}
