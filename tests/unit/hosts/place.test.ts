import * as fc from "fast-check";

import { isLoopback, isPlace, normalPlace } from "../../../components/hosts/place";

test.each([
  ["GW.Lan.", "gw.lan"],
  ["[FD00:0::1]", "fd00::1"],
  ["::ffff:10.0.0.7", "10.0.0.7"],
  ["fe80:0::1%eth0", "fe80::1%eth0"],
  ["localhost", "127.0.0.1"],
  ["10.0.0.4", "10.0.0.4"],
])("%s is %s in its normal form", (place, normal) => expect(normalPlace(place)).toBe(normal));

test("an IPv6 address has one normal form, which stays as it is", () =>
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const normal = normalPlace(address);
      expect(isPlace(normal)).toBe(true);
      expect(normalPlace(normal)).toBe(normal);
      expect(normalPlace(address.toUpperCase())).toBe(normal);
    }),
  ));

test.each(["127.0.0.1", "127.9.9.9", "::1", "::", "0.0.0.0", "ip6-loopback", "localhost6.localdomain6", "a.localhost"])(
  "%s means the machine itself, on every machine",
  (place) => expect(isLoopback(place)).toBe(true),
);

test.each(["10.0.0.4", "localhost.lan", "fd00::1", "127.lan", "notlocalhost"])("%s means one machine", (place) =>
  expect(isLoopback(place)).toBe(false),
);
