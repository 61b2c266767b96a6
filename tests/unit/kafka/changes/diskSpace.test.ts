import { disksTooSmall, readable, type LogDirectoryOnDisk } from "../../../../components/kafka/changes/diskSpace";

const directory = (broker: number, changes: Partial<LogDirectoryOnDisk> = {}): LogDirectoryOnDisk => ({
  broker,
  path: "/data",
  totalBytes: 1000,
  freeBytes: 500,
  replicas: 0,
  ...changes,
});
const replicasTo = (broker: number, ...sizes: number[]) => sizes.map((bytes) => ({ broker, bytes }));

test("a disk is large enough with space for the moved replicas and a tenth of its size besides", () => {
  expect(disksTooSmall([directory(0)], replicasTo(0, 200, 200))).toEqual([]);
  expect(disksTooSmall([directory(0)], replicasTo(0, 200, 201))).toMatchObject([
    { name: "broker 0 (/data)", neededBytes: 401, marginBytes: 100, freeBytes: 500 },
  ]);
});

test("a few bytes need little space, so a disk that is nearly full accepts them", () =>
  expect(disksTooSmall([directory(0, { freeBytes: 20 })], replicasTo(0, 10))).toEqual([]));

test("without moves no space is needed", () =>
  expect(disksTooSmall([directory(0, { freeBytes: 0 })], replicasTo(0, 0))).toEqual([]));

test("log directories with the same size on one host share a disk", () => {
  const [shared, apart] = [{ host: "worker" }, { host: "master" }];
  const toCome = [...replicasTo(0, 300), ...replicasTo(1, 300)];
  expect(disksTooSmall([directory(0, shared), directory(1, apart)], toCome)).toEqual([]);
  expect(disksTooSmall([directory(0, shared), directory(1, { ...shared, totalBytes: 2000 })], toCome)).toEqual([]);
  expect(disksTooSmall([directory(0), directory(1)], toCome)).toEqual([]);
  expect(disksTooSmall([directory(0, shared), directory(1, shared)], toCome)).toMatchObject([
    { name: "broker 0 (/data), broker 1 (/data) on worker", neededBytes: 600 },
  ]);
});

describe("two log directories of one host with the same size", () => {
  const free = (...bytes: number[]) =>
    bytes.map((freeBytes, index) => directory(0, { host: "worker", path: `/data-${index}`, freeBytes }));
  const toCome = replicasTo(0, 300, 300);

  test("are on two disks if their free space differs by more than is written meanwhile", () =>
    expect(disksTooSmall(free(500, 511), toCome)).toEqual([]));

  test("count as one disk, with the smaller free space, if it differs less", () =>
    expect(disksTooSmall(free(510, 500), toCome)).toMatchObject([{ neededBytes: 600, freeBytes: 500 }]));

  test("are judged separately if one is fuller than the other", () =>
    expect(disksTooSmall(free(310, 900), toCome)).toMatchObject([
      { name: "broker 0 (/data-0) on worker", neededBytes: 300, freeBytes: 310 },
    ]));
});

test("each replica goes to the broker's log directory with the fewest replicas", () => {
  const directories = [directory(0, { replicas: 2 }), directory(0, { path: "/data-1", totalBytes: 900 })];
  expect(disksTooSmall(directories, replicasTo(0, 300, 300))).toMatchObject([
    { name: "broker 0 (/data-1)", neededBytes: 600 },
  ]);
  expect(disksTooSmall(directories, replicasTo(0, 130, 130, 130, 130))).toEqual([]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [13_040_000_000, "13.0 GB"],
  [5e15, "5000.0 TB"],
])("%i bytes read as %s", (bytes, text) => expect(readable(bytes)).toBe(text));

describe("a cordoned log directory", () => {
  const uncordoned = directory(0, { path: "/open", totalBytes: 900, replicas: 9 });
  const cordoned = directory(0, { path: "/cordoned", freeBytes: 10, cordoned: true });

  test("gets no replica while the broker has another one", () => {
    expect(disksTooSmall([uncordoned, cordoned], replicasTo(0, 200, 200))).toEqual([]);
    expect(disksTooSmall([uncordoned, { ...cordoned, freeBytes: 1000 }], replicasTo(0, 300, 300))).toMatchObject([
      { name: "broker 0 (/open)", neededBytes: 600 },
    ]);
  });

  test("counts if all of the broker's are cordoned, since replicas that are under way must go somewhere", () =>
    expect(disksTooSmall([uncordoned, directory(1), { ...cordoned, broker: 2 }], replicasTo(2, 300))).toMatchObject([
      { name: "broker 2 (/cordoned)", neededBytes: 300 },
    ]));
});
