import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "build-conformance-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** A Go that writes programs which print images, and knows a module in its folder. */
const GO = `#!/bin/bash
echo "$*" >>"$WORK/calls"
while (($#)); do
  case $1 in
    -o) out=$2 ;;
    list) echo "$WORK/kubernetes" && exit ;;
  esac
  shift
done
[[ $out != */ ]] || out+=agnhost
printf '#!/bin/bash\\nprintf "%%s\\\\n" registry/agnhost:2 registry/busybox:1.1\\n' >"$out"
chmod +x "$out"
`;

/** Runs the script for tests that want these images. */
function build(images: string) {
  const folder = fs.mkdtempSync(path.join(temporary, "run-"));
  const inside = (name: string) => path.join(folder, name);
  for (const each of ["out", "bin", "module"]) fs.mkdirSync(inside(each));
  const porter = inside("work/kubernetes/test/images/agnhost/porter");
  fs.mkdirSync(porter, { recursive: true });
  for (const each of ["localhost.crt", "localhost.key"]) fs.writeFileSync(path.join(porter, each), each);
  fs.writeFileSync(inside("bin/go"), GO, { mode: 0o755 });
  const settings = { MODULE: inside("module"), PACKAGES: "tool", LDFLAGS: "-X a=b", RENAME: "", VERSION: "" };
  const { status, stderr } = spawnSync("bash", ["toolchain/scripts/build-conformance.sh"], {
    encoding: "utf8",
    env: {
      PATH: `${inside("bin")}:${process.env.PATH}`,
      ...{ OUT: inside("out"), WORK: inside("work"), BUILD: inside("build") },
      ...settings,
      IMAGES: images,
    },
  });
  const built = fs.readdirSync(inside("out"), { recursive: true }).sort();
  return { status, stderr, built, calls: fs.readFileSync(inside("work/calls"), "utf8") };
}

test("the tests are built with the module's tools, and agnhost's certificate comes along", () => {
  const { status, built, calls } = build("registry/busybox:1.1 registry/agnhost:2");
  expect(status).toBe(0);
  expect(built).toEqual([
    "agnhost",
    "agnhost-files",
    "agnhost-files/localhost.crt",
    "agnhost-files/localhost.key",
    "e2e.test",
  ]);
  expect(calls).toMatch(/^test -c -vet=off -ldflags -s -w -X a=b -o \S+\/e2e\.test k8s\.io\/kubernetes\/test\/e2e$/m);
});

test("tests that know an image by another name than the mirror aren't built", () => {
  const { status, stderr } = build("registry/agnhost:2 registry/busybox:1");
  expect(status).toBe(1);
  expect(stderr).toMatch(/don't know the image registry\/busybox:1;[^]*registry\/busybox:1\.1/);
});
