import { type SavedLab, unfit } from "../../../e2e/years/savedLab";

const entry = (name: string) =>
  ({ name, role: "worker", address: "172.30.0.9", ssh: { hostKey: "ssh-ed25519 A" } }) as const;
const saved: SavedLab = { publicKey: "ssh-ed25519 B", entries: [entry("one"), entry("two")], kubernetes: "1.35.4" };

test("a cluster whose hosts all run is used again, at whatever version a part accepts", () => {
  expect(unfit(saved, ["one", "two", "another"])).toBeUndefined();
  expect(unfit(saved, ["one", "two"], "1.35.4")).toBeUndefined();
});

test("a cluster of another version isn't taken by a part that begins with its own", () =>
  expect(unfit(saved, ["one", "two"], "1.34.4")).toBe("it runs Kubernetes 1.35.4"));

test("a cluster that lacks a host isn't taken, and the host is named", () =>
  expect(unfit(saved, ["one"])).toBe("its hosts don't run: two"));
