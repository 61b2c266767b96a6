import { isIPv6 } from "node:net";

import * as fc from "fast-check";

import { isIpv6, normalIpv6 } from "../../../components/addresses/ipv6";

const almost = fc.string({
  unit: fc.constantFrom("::", ":", "0", "1", "ffff", "F", "1.2.3.4", ".", "%", "[", "]", "/", "@"),
});
const zoned = fc.tuple(fc.ipV6(), fc.string({ unit: fc.constantFrom("%", "e", "0", "-", ".", " ", "/", "@") }));

test("an IPv6 address is what Node accepts as one, with or without a zone", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV6(),
        almost,
        zoned.map(([address, zone]) => `${address}${zone}`),
      ),
      (text) => expect(isIpv6(text)).toBe(isIPv6(text)),
    ),
    { numRuns: 2000 },
  ));

test.each(["::1]:80/[", "::1%", "::1%a b", "::1%a%b", "10.0.0.4", "1:2:3:4:5:6:7:8:9"])(
  "%j is no IPv6 address",
  (text) => expect(isIpv6(text)).toBe(false),
);

test.each([
  ["FD00:0::1", "fd00::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["::ffff:10.0.0.7", "10.0.0.7"],
  ["::FFFF:FFFE:0102", "255.254.1.2"],
  ["fe80:0::1%eth0", "fe80::1%eth0"],
])("%s is %s in its normal form", (text, normal) => expect(normalIpv6(text)).toBe(normal));
