import type { LookupFunction } from "node:net";

/** Finds these IPv4 addresses for every name, as a DNS server does for a name with several. */
export function lookupOf(...addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: 4 }));
  return (_name, _options, done) => done(null, found);
}
