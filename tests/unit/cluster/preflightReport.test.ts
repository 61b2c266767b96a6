import { type HostFacts, togetherMistakes } from "../../../components/cluster/steps/preflightReport";

/** Hosts a, b, c … that fit together except for the given facts. Their checks began at 1000 and ended by 1010. */
function together(hosts: Partial<HostFacts>[]): Map<string, HostFacts> {
  const sound = { mtu: 1500, closed: [], asked: 1000, clock: 1005, answered: 1010 };
  return new Map(hosts.map((host, at) => ["abcde"[at]!, { machineId: `id ${at}`, ...sound, ...host }]));
}

test("hosts that share a machine id are reported together, others aren't", () => {
  const facts = together(["1", "2", "1"].map((machineId) => ({ machineId })));
  const mistakes = togetherMistakes(facts);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(/^a and c have the same machine id 1/);
  expect(togetherMistakes(new Map([...facts].slice(0, 2)))).toEqual([]);
});

test("hosts with different MTUs are reported with them", () => {
  const facts = together([9000, 1500, 9000].map((mtu) => ({ mtu })));
  expect(togetherMistakes(facts)).toEqual([expect.stringMatching(/MTUs: 9000 on a and c, 1500 on b; .* \[KK722\]$/)]);
});

test("a packet filter that drops other hosts' packets is reported, unless there are no other hosts", () => {
  const closed = ["tcp 10250 (table inet filter, chain input)", "udp 4789 (table inet filter, chain input)"];
  expect(togetherMistakes(together([{}, { closed }]))).toEqual([
    `b's packet filter drops what other hosts send it: ${closed.join(", ")}; accept it there, also after a boot [KK746]`,
  ]);
  expect(togetherMistakes(together([{ closed }]))).toEqual([]);
  expect(togetherMistakes(together([{}, { closed: undefined }] as HostFacts[]))).toEqual([]);
});

describe("clocks", () => {
  const skewed = (...clocks: (number | Partial<HostFacts>)[]) =>
    togetherMistakes(together(clocks.map((clock) => (typeof clock === "number" ? { clock } : clock)))).map(
      (mistake) => mistake.split(" the others")[0],
    );

  test("a host whose clock differs from the others' is reported, with the skew and its direction", () => {
    expect(skewed(1005, 1071, 1000)).toEqual(["b's clock is 61 seconds ahead of"]);
    expect(skewed(1005, 939)).toEqual(["b's clock is 61 seconds behind"]);
    expect(skewed(1005, 1070, 940)).toEqual([]);
  });

  test("a host whose login was slow isn't reported", () =>
    expect(skewed({ clock: 1600, answered: 1600 }, { clock: 1000, answered: 1600 })).toEqual([]));

  test("if all hosts differ from the machine that runs Pulumi, no host is reported", () => {
    expect(skewed(9000, 9005, 9001)).toEqual([]);
    expect(skewed(9000, 9005, 1005, 9001)).toEqual(["c's clock is 7990 seconds behind"]);
    // With a single host it is open which clock is wrong. It is reported, since both machines have to accept each other's certificates.
    expect(skewed(9000)).toEqual(["a's clock is 7990 seconds ahead of"]);
  });

  test("a host that is added later is compared with hosts that were checked long ago", () => {
    const later = { asked: 500_000, answered: 500_010 };
    const before = { clock: 1005, answered: 500_010 };
    expect(skewed(before, before, { ...later, clock: 500_005 })).toEqual([]);
    expect(skewed(before, before, { ...later, clock: 499_000 })).toEqual(["c's clock is 1000 seconds behind"]);
    expect(skewed(before, before, { ...later, clock: 501_010 })).toEqual(["c's clock is 1000 seconds ahead of"]);
  });

  test("without the start time, which only the create command has, a clock that is behind may be right", () =>
    expect(skewed({ asked: null, clock: 5 }, { asked: null, clock: 1005 })).toEqual([]));
});
