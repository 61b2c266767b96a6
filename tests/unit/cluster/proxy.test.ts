import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "proxy-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const file = path.join(folder, "environment");

/** The proxy settings of a download, and of a command after it, on a host with this /etc/environment. */
function proxies(environment: string, mirror = ""): string[] {
  fs.writeFileSync(file, environment);
  const functions = readScript("lib/packages").replaceAll("/etc/environment", file);
  const script = `${functions}\n
    apt-get() { env; }
    MIRROR='${mirror}' ARCHIVES=/nowhere
    apt update
    echo "after $(env | grep --count proxy=)"`;
  const { stdout, stderr } = spawnSync("bash", ["-Eeuo", "pipefail", "-s"], {
    input: script,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => /proxy=|^after/.test(line));
}

test("only packages are downloaded through the site's proxy", () => {
  const environment = [
    'PATH="/usr/bin"',
    "# http_proxy=http://comment",
    'http_proxy="http://user:pa=ss@proxy.lan:3128/"',
    "export https_proxy='http://proxy.lan:3128' ",
    "no_proxy=localhost,.lan",
    "my_http_proxy=x",
    "HTTP_PROXY=http://not-for-apt",
  ];
  expect(proxies(environment.join("\n")).sort()).toEqual([
    "after 0",
    "http_proxy=http://user:pa=ss@proxy.lan:3128/",
    "https_proxy=http://proxy.lan:3128",
    "no_proxy=localhost,.lan",
  ]);
});

test("a host without a proxy needs none", () => expect(proxies("")).toEqual(["after 0"]));

test("a mirror is reached without the proxy", () => {
  expect(proxies("http_proxy=http://proxy.lan:3128\n", "http://mirror.lan")).toEqual(["after 0"]);
});
