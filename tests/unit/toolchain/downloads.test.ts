import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { kubectlRelease, pulumiRelease } from "../../../toolchain/recipes/releases";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "downloads-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const sumOf = (content: string) => createHash("sha256").update(content).digest("hex");

/** Runs a download's script where servers have these files and the repository these sums. @returns its errors and what it leaves */
function run(script: string, served: Record<string, string>, pinned: Record<string, string>) {
  const root = fs.mkdtempSync(path.join(folder, "run-"));
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text, { mode: 0o755 });
  };
  for (const name of ["download.sh", script])
    write(`toolchain/scripts/${name}`, fs.readFileSync(`toolchain/scripts/${name}`, "utf8"));
  write(
    "toolchain/scripts/sha256sums",
    Object.entries(pinned)
      .map(([url, sum]) => `${sum}  ${url}\n`)
      .join(""),
  );
  for (const [url, content] of Object.entries(served)) write(`served/${url.replace("https://", "")}`, content);
  write("bin/uname", "#!/bin/bash\n[[ $1 == -s ]] && echo Linux || echo x86_64\n");
  write(
    "bin/curl",
    `#!/bin/bash
url=\${*: -1} file=/dev/stdout
while (($#)); do [[ $1 != --output ]] || file=$2; shift; done
cat "${root}/served/\${url#https://}" >"$file"
`,
  );
  fs.mkdirSync(path.join(root, "out"));
  fs.mkdirSync(path.join(root, "work"));
  const { status, stderr } = spawnSync("bash", [`toolchain/scripts/${script}`], {
    cwd: root,
    encoding: "utf8",
    env: {
      PATH: `${root}/bin:${process.env["PATH"]}`,
      OUT: `${root}/out`,
      WORK: `${root}/work`,
      VERSION: script === "download-kubectl.sh" ? "v1.2.3" : "1.2.3",
      FROM: "https://server",
    },
  });
  return {
    status,
    stderr,
    left: fs.readdirSync(path.join(root, "out")).map((name) => fs.readFileSync(path.join(root, "out", name), "utf8")),
  };
}

describe("kubectl", () => {
  const url = "https://server/v1.2.3/bin/linux/amd64/kubectl";

  test("is taken if it has the pinned sum", () => {
    const { status, left } = run("download-kubectl.sh", { [url]: "kubectl" }, { [url]: sumOf("kubectl") });
    expect({ status, left }).toEqual({ status: 0, left: ["kubectl"] });
  });

  test("is refused if its server has another one, whatever sum that server names", () => {
    const served = { [url]: "other", [`${url}.sha256`]: sumOf("other") };
    const { status, stderr } = run("download-kubectl.sh", served, { [url]: sumOf("kubectl") });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/has another sum than/) as string });
  });

  test("isn't even downloaded without a pinned sum", () => {
    const { status, stderr, left } = run(
      "download-kubectl.sh",
      { [url]: "kubectl", [`${url}.sha256`]: sumOf("kubectl") },
      {},
    );
    expect(left).toEqual([]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `There is no sum to check ${url} against: add the published one to toolchain/scripts/sha256sums.\n`,
    });
  });

  test("of the default version has sums for Linux, on which everything is tested", () => {
    const { FROM, VERSION } = kubectlRelease.settings!;
    const urls = fs.readFileSync("toolchain/scripts/sha256sums", "utf8").match(/https:\S+/g);
    for (const platform of ["linux/amd64", "linux/arm64"])
      expect(urls).toContain(`${FROM}/${VERSION}/bin/${platform}/kubectl`);
  });
});

describe("Pulumi", () => {
  const url = "https://server/pulumi-v1.2.3-linux-x64.tar.gz";
  const list = "https://server/pulumi-1.2.3-checksums.txt";

  test("is refused, and never unpacked, unless it has the sum that its release lists", () => {
    const served = { [url]: "no archive", [list]: `${sumOf("other")}  pulumi-v1.2.3-linux-x64.tar.gz\n` };
    expect(run("download-pulumi.sh", served, {}).stderr).toMatch(/has another sum than/);
    expect(
      run("download-pulumi.sh", { ...served, [list]: `${sumOf("no archive")}  another.tar.gz\n` }, {}).stderr,
    ).toMatch(/There is no sum/);
  });

  test("is refused if its pinned sum differs, whatever its release lists", () => {
    const served = { [url]: "no archive", [list]: `${sumOf("no archive")}  pulumi-v1.2.3-linux-x64.tar.gz\n` };
    expect(run("download-pulumi.sh", served, { [url]: sumOf("pinned") }).stderr).toMatch(/has another sum than/);
  });
});

test("a sum that is corrected downloads anew", () => {
  for (const { inputs } of [kubectlRelease, pulumiRelease])
    expect(inputs).toEqual(expect.arrayContaining(["toolchain/scripts/sha256sums", "toolchain/scripts/download.sh"]));
});
