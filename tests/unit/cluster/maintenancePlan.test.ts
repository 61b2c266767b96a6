import {
  dueOn,
  type HostTask,
  NO_MAINTENANCE,
  NO_TASK,
  REPORT_ANNOTATION,
  reportOf,
  TASK_ANNOTATIONS,
  taskOf,
} from "../../../components/cluster/maintenancePlan";
import { readScript } from "../../../components/cluster/hostScript";

const node = (report?: string, last?: HostTask) => ({
  metadata: {
    name: "worker",
    annotations: {
      ...(report !== undefined && { [REPORT_ANNOTATION]: report }),
      ...(last && { [TASK_ANNOTATIONS.boot]: last.boot, [TASK_ANNOTATIONS.updates]: last.updates }),
    },
  },
});
const due = '{"boot":"a","reboot":"an old kernel","updates":"runc=2"}';
const done = '{"boot":"b"}';

test.each([
  [due, { boot: "a", reboot: "an old kernel", updates: "runc=2" }],
  [done, { boot: "b" }],
  ['{"boot":"b","remains":"x"}', { boot: "b", remains: "x" }],
  [undefined, undefined],
  ["", undefined],
  ["null", undefined],
  ["{", undefined],
  ["{}", undefined],
  ['{"boot":1}', undefined],
  ['{"boot":"b","reboot":["x"]}', undefined],
  ['{"boot":"b","reboot":"\\u001b[2J"}', undefined],
])("the report %p is read as %p", (report, expected) => expect(reportOf(node(report))).toEqual(expected));

describe("the task of a host", () => {
  const all = { reboot: "when-needed", updates: "newest" } as const;

  test("is what is due, as far as the config lets it", () => {
    expect(taskOf(all, node(due))).toEqual({ boot: "a", updates: "runc=2" });
    expect(taskOf(all, node(due, { boot: "0", updates: "runc=1" }))).toEqual({ boot: "a", updates: "runc=2" });
    expect(taskOf({ ...all, reboot: "never" }, node(due))).toEqual({ boot: "", updates: "runc=2" });
    expect(taskOf({ ...all, updates: "never" }, node(due))).toEqual({ boot: "a", updates: "" });
  });

  test("stays until another one is due, so that no step changes after it", () =>
    expect(taskOf(all, node(done, { boot: "a", updates: "runc=2" }))).toEqual({ boot: "a", updates: "runc=2" }));

  test("is none where nothing was done, and where nothing may be", () => {
    expect(taskOf(all, node(done))).toEqual(NO_TASK);
    expect(taskOf(all, node())).toEqual(NO_TASK);
    expect(taskOf(NO_MAINTENANCE, node(due, { boot: "a", updates: "runc=2" }))).toEqual(NO_TASK);
    expect(dueOn(NO_MAINTENANCE, node(due))).toEqual({});
  });
});

test.each([
  "-oDPkg::Pre-Invoke::=/tmp/evil",
  "runc=2 -oDPkg::Pre-Invoke::=/tmp/evil",
  "runc=2\nexit",
  "runc=*",
  "runc",
  "/tmp/evil.deb",
  "runc=2 ",
  "./evil=2",
])(
  "a task comes to root: updates that are no packages with versions, such as %p, are neither due nor remembered",
  (updates) => {
    const all = { reboot: "when-needed", updates: "newest" } as const;
    expect(taskOf(all, node(JSON.stringify({ boot: "a", updates })))).toEqual(NO_TASK);
    expect(taskOf(all, node(done, { boot: "$(id)", updates }))).toEqual(NO_TASK);
  },
);

test("updates have the names and versions that packages have", () => {
  const updates = "containerd.io=2.1.4-1~debian.12~bookworm libstdc++6=1:2.0+dfsg-1";
  const boot = "0c1b6a4e-93c9-4d31-8d0e-3a6d0f1f2c11";
  expect(reportOf(node(JSON.stringify({ boot, updates })))).toEqual({ boot, updates });
});

test("previews and scripts mean the same annotations", () => {
  expect(readScript("report-host")).toContain(`report_note=${REPORT_ANNOTATION} `);
  expect(readScript("lib/upgrading")).toContain(`annotations['${REPORT_ANNOTATION}']`);
  expect(readScript("before-upgrade")).toContain(`"${TASK_ANNOTATIONS.boot}=$BOOT"`);
  expect(readScript("before-upgrade")).toContain(`"${TASK_ANNOTATIONS.updates}=$UPDATES"`);
});
