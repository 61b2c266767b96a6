import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "release-packages-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** dpkg-deb --build … ROOT OUT, which lists the package's fields and files in place of packing them. */
const DPKG_DEB = `#!/bin/bash
root=\${*: -2:1}
name=$(sed -n 's/^Package: //p' "$root/DEBIAN/control")_$(sed -n 's/^Version: //p' "$root/DEBIAN/control")_amd64.deb
(cd "$root" && find . -type f -size +0 ! -path './DEBIAN/*' | sort) >"\${*: -1}/$name"
`;

/** Runs the script on programs that do nothing; kubeadm asks for these images. */
function run(settings: Record<string, string>, programs: readonly string[], asks: readonly string[] = []) {
  const folder = fs.mkdtempSync(path.join(temporary, "run-"));
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text, { mode: 0o755 });
  };
  for (const program of programs) write(`programs/${program}`, `#!/bin/bash\nprintf '%s\\n' ${asks.join(" ")}\n`);
  write("bin/dpkg-deb", DPKG_DEB);
  write("bin/dpkg", "#!/bin/bash\necho amd64\n");
  for (const empty of ["out", "work"]) fs.mkdirSync(path.join(folder, empty));
  const { status, stdout, stderr } = spawnSync("bash", ["toolchain/mirror/release-packages.sh"], {
    encoding: "utf8",
    env: {
      PATH: `${path.join(folder, "bin")}:${process.env.PATH}`,
      OUT: path.join(folder, "out"),
      WORK: path.join(folder, "work"),
      PROGRAMS_DIR: path.join(folder, "programs"),
      ...{ FROM: "PROGRAMS_DIR", VERSION: "1.36.3", REVISION: "1.1", CNI_PLUGINS: "bridge loopback", IMAGES: "" },
      ...settings,
    },
  });
  const packages = fs.readdirSync(path.join(folder, "out")).map((name) => {
    const files = fs
      .readFileSync(path.join(folder, "out", name), "utf8")
      .trim()
      .split("\n");
    return [name, files] as const;
  });
  return { status, printed: stdout + stderr, packages: Object.fromEntries(packages) };
}

const kubernetes = { PACKAGES: "kubelet kubeadm kubectl", IMAGES: "etcd:1 pause:2" };
const programs = ["kubelet", "kubeadm", "kubectl", "kube-proxy"];

test("a release's packages have its version and its programs, and nothing is left of the others", () => {
  const { status, packages } = run(kubernetes, programs, ["pause:2", "etcd:1"]);
  expect(status).toBe(0);
  expect(packages).toEqual({
    "kubeadm_1.36.3-1.1_amd64.deb": expect.arrayContaining(["./usr/bin/kubeadm"]) as string[],
    "kubectl_1.36.3-1.1_amd64.deb": ["./usr/bin/kubectl"],
    "kubelet_1.36.3-1.1_amd64.deb": expect.arrayContaining(["./usr/bin/kubelet"]) as string[],
  });
});

test("the CNI plugins' package has the plugins' version", () => {
  const { status, packages } = run({ PACKAGES: "kubernetes-cni", VERSION: "1.9.1" }, ["bridge", "loopback"]);
  expect({ status, packages }).toEqual({
    status: 0,
    packages: { "kubernetes-cni_1.9.1-1.1_amd64.deb": ["./opt/cni/bin/bridge", "./opt/cni/bin/loopback"] },
  });
});

test("a release whose kubeadm asks for another image than the table has isn't packed", () => {
  const { status, printed, packages } = run(kubernetes, programs, ["pause:2", "etcd:3"]);
  expect({ status, packages }).toEqual({ status: 1, packages: {} });
  expect(printed).toMatch(
    /< etcd:3[^]*> etcd:1[^]*other images \(<\) than components\/artifacts\/kubernetesReleases\.ts/,
  );
});
