import { BlockList, isIPv4 } from "node:net";

import * as fc from "fast-check";

import {
  addressAt,
  addressOf,
  contains,
  covers,
  firstAddress,
  type Ipv4Range,
  isIpv4,
  isIpv4Range,
  numberOf,
  overlap,
  parseRange,
  placeOf,
  sizeOf,
} from "../../../components/addresses/ipv4";

const number = fc.nat(2 ** 32 - 1);
const address = fc.oneof(number, fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1)).map(addressOf);
/** Texts that look like addresses. Most aren't valid. */
const almost = fc
  .array(fc.constantFrom("0", "4", "04", "99", "100", "199", "255", "256", "300", " 1", "a", ""), {
    minLength: 3,
    maxLength: 5,
  })
  .map((parts) => parts.join("."));
const range = fc.record({ address, prefix: fc.nat(32) });
const always = <T>(claim: string, values: fc.Arbitrary<T>, holds: (value: T) => void) =>
  test(claim, () => fc.assert(fc.property(values, holds)));

/** Whether Node.js finds the address in the range, to compare with. */
function inBlock({ address, prefix }: Ipv4Range, other: string): boolean {
  const block = new BlockList();
  block.addSubnet(address, prefix, "ipv4");
  return block.check(other, "ipv4");
}

/** Pairs of addresses near each other, so that ranges often contain them. */
const near = fc.tuple(address, fc.integer({ min: -600, max: 600 })).map(([one, distance]) => {
  const other = addressOf(numberOf(one) + distance);
  return [one, other] as const;
});
const ranges = fc
  .tuple(near, fc.integer({ min: 20, max: 32 }), fc.integer({ min: 20, max: 32 }))
  .map(([[one, other], prefix, another]): [Ipv4Range, Ipv4Range] => [
    { address: one, prefix },
    { address: other, prefix: another },
  ]);

describe("an address", () => {
  always("and its number are two forms of the same", address, (text) => expect(addressOf(numberOf(text))).toBe(text));

  always("is what Node takes for one", almost, (text) => expect(isIpv4(text)).toBe(isIPv4(text)));

  test.each(["", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.04", "10.0.0.4 ", "10.0.0.-1", "10.0.0.4\n", "::1"])(
    "has no number if it is %j",
    (text) => {
      expect(isIpv4(text)).toBe(false);
      expect(numberOf(text)).toBeNaN();
    },
  );
});

describe("a range", () => {
  test("is read as its address and its prefix", () =>
    expect(parseRange("10.240.0.64/24")).toEqual({ address: "10.240.0.64", prefix: 24 }));

  test.each([
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "/8",
    "fd00::/8",
  ])("is refused, and named, if it is %s", (text) => {
    expect(isIpv4Range(text)).toBe(false);
    expect(() => parseRange(text)).toThrow(`${text} isn't an IPv4 range`);
  });

  test("starts at its first address, and has 256 addresses with a prefix of 24 bits", () => {
    expect(firstAddress(parseRange("10.240.0.64/24"))).toBe("10.240.0.0");
    expect(firstAddress(parseRange("200.1.2.3/0"))).toBe("0.0.0.0");
    expect([24, 32, 0].map((prefix) => sizeOf({ prefix }))).toEqual([256, 1, 2 ** 32]);
  });

  always("contains what Node says it does", fc.tuple(near, fc.nat(32)), ([[one, other], prefix]) =>
    expect(contains({ address: one, prefix }, other)).toBe(inBlock({ address: one, prefix }, other)),
  );

  always("contains its first and its last address, and none before and after", range, (each) => {
    const first = numberOf(firstAddress(each));
    const last = first + sizeOf(each) - 1;
    expect([first, last].map((at) => contains(each, addressOf(at)))).toEqual([true, true]);
    const outside = [first - 1, last + 1].filter((at) => at >= 0 && at < 2 ** 32);
    expect(outside.filter((at) => contains(each, addressOf(at)))).toEqual([]);
  });

  test("contains nothing that isn't an address", () => expect(contains(parseRange("0.0.0.0/0"), "here")).toBe(false));

  always("has an address at each place, and each address its place", fc.tuple(address, address), ([one, other]) => {
    const start = { address: one, prefix: 24 };
    expect(addressAt(start, placeOf(start, other))).toBe(other);
  });

  test("is followed by the next address, and after the last of all by the first", () => {
    expect(addressAt(parseRange("10.0.0.0/24"), 256)).toBe("10.0.1.0");
    expect(addressAt(parseRange("255.255.255.0/24"), 256)).toBe("0.0.0.0");
    expect(addressAt(parseRange("0.0.0.0/24"), -1)).toBe("255.255.255.255");
  });
});

describe("two ranges", () => {
  always(
    "have an address in common where one's start is in the other, whichever comes first",
    ranges,
    ([one, other]) => {
      const common = inBlock(one, firstAddress(other)) || inBlock(other, firstAddress(one));
      expect([overlap(one, other), overlap(other, one)]).toEqual([common, common]);
    },
  );

  always("cover each other where the first and the last address of one are in the other", ranges, ([one, other]) => {
    const ends = [0, sizeOf(other) - 1].map((place) => addressAt({ ...other, address: firstAddress(other) }, place));
    expect(covers(one, other)).toBe(ends.every((end) => inBlock(one, end)));
  });
});
