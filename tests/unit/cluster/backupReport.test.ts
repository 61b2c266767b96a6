import { backupLines, judgeBackups } from "../../../components/cluster/backups/report";

const now = new Date("2026-11-28T20:00:00Z");
const node = (name: string, annotations?: Record<string, string>) => ({
  metadata: { name, ...(annotations && { annotations }) },
});
const made = { "kubeadm-kafka/backup": "2026-11-28T18:00:00Z", "kubeadm-kafka/backup-due": "2026-11-29T06:00:00Z" };

test("backups in time are listed by host, and workers aren't", () => {
  const report = judgeBackups([node("master", made), node("worker", {}), node("other")], now);
  expect(report).toEqual({ newest: { master: "2026-11-28T18:00:00Z" }, copies: {}, uploads: {}, problems: [] });
  expect(backupLines(report)).toEqual(["newest backups: master 2026-11-28T18:00:00Z"]);
});

test("a host that has stopped writing backups is a problem, although nothing on it says so any more", () => {
  const due = { ...made, "kubeadm-kafka/backup-due": "2026-11-28T19:59:59Z" };
  expect(judgeBackups([node("master", due)], now).problems).toEqual([
    "master's newest backup is of 2026-11-28T18:00:00Z, and the next one was due by 2026-11-28T19:59:59Z [KK953]",
  ]);
});

test("a control plane without any is a problem if others have some, and a worker isn't", () => {
  const role = (name: string) => ({ labels: { [`node-role.kubernetes.io/${name}`]: "" } });
  const others = [
    { metadata: { name: "second", ...role("control-plane") } },
    { metadata: { name: "w", ...role("w") } },
  ];
  expect(judgeBackups([node("master", made), ...others], now).problems).toEqual([
    "second has no backup, and other control planes have [KK953]",
  ]);
  expect(judgeBackups(others, now).problems).toEqual([]);
});

test("a time that is yet to come is a problem, since nothing of that host would ever be overdue", () => {
  const ahead = { "kubeadm-kafka/backup": "2036-11-28T18:00:00Z", "kubeadm-kafka/backup-due": "2036-11-29T06:00:00Z" };
  expect(judgeBackups([node("master", ahead)], now).problems).toEqual([
    "master's newest backup is of 2036-11-28T18:00:00Z, which is yet to come: its clock is wrong, or the one here [KK953]",
  ]);
  expect(
    judgeBackups([node("master", { ...made, "kubeadm-kafka/backup": "2026-11-28T20:05:00Z" })], now).problems,
  ).toEqual([]);
});

test("a failure is a problem even while the newest backup is young enough", () => {
  const failed = { ...made, "kubeadm-kafka/backup-failed": 'today at "look for room": no room' };
  const report = judgeBackups([node("master", failed)], now);
  expect(report.problems).toEqual(['master\'s last backup failed, today at "look for room": no room [KK953]']);
  expect(backupLines(report)).toHaveLength(2);
});

test("a host whose very first backup failed is a problem", () =>
  expect(judgeBackups([node("master", { "kubeadm-kafka/backup-failed": "x" })], now)).toEqual({
    newest: {},
    copies: {},
    uploads: {},
    problems: ["master's last backup failed, x [KK953]"],
  }));

describe("a backup's copies", () => {
  const [early, late] = ["2026-11-28T07:30:00Z", "2026-11-28T19:30:00Z"];
  const of = (copy: string, upload: string, worker?: { creationTimestamp: string }) => {
    const annotations = {
      ...made,
      "kubeadm-kafka/backup-copy": `${copy} worker`,
      "kubeadm-kafka/backup-upload": upload,
    };
    return judgeBackups(
      [node("master", annotations), ...(worker ? [{ metadata: { name: "worker", ...worker } }] : [])],
      now,
    );
  };
  const worker = { creationTimestamp: "2026-11-01T00:00:00Z" };

  test("have times of their own, which are those of what has arrived", () => {
    expect(of(late, early, worker)).toMatchObject({
      copies: { master: `${late} worker` },
      uploads: { master: early },
    });
    expect(backupLines(of(late, late, worker))).toEqual([
      "newest backups: master 2026-11-28T18:00:00Z",
      `newest copies: master ${late} on worker`,
      `newest in the bucket: master ${late}`,
    ]);
  });

  test("are overdue by the same interval as backups on the host", () => {
    expect(of(early, early, worker).problems).toEqual([
      `master's newest copy on worker is of ${early}, and the next one was due by 2026-11-28T19:30:00Z [KK953]`,
      `master's newest backup in the bucket is of ${early}, and the next one was due by 2026-11-28T19:30:00Z [KK953]`,
    ]);
  });

  test("are gone with the machine that had them", () => {
    const gone =
      "master's newest copy was on worker, which has left or was replaced since; the next backup brings another one [KK953]";
    expect(of(late, late).problems).toEqual([gone]);
    expect(of(late, late, { creationTimestamp: "2026-11-28T19:50:00Z" }).problems).toEqual([gone]);
  });
});

test("without backups there is nothing to say", () =>
  expect(backupLines(judgeBackups([node("master")], now))).toEqual([]));
