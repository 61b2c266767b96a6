import * as fs from "node:fs";
import * as path from "node:path";

import * as yaml from "js-yaml";
import { z } from "zod";

import { shellQuote } from "../../components/cluster/hostScript";

/** The parts of a cloud-config that the stand-in implements. */
const cloudConfig = z.strictObject({
  ssh_keys: z.strictObject({ ecdsa_private: z.string(), ecdsa_public: z.string() }).optional(),
  write_files: z.array(z.strictObject({ path: z.string().startsWith("/"), content: z.string() })).optional(),
});

/** The keys of an instance's metadata that the stand-in implements. */
export const metadata = z.strictObject({
  "ssh-keys": z.string().regex(/^([a-z_][-a-z0-9_]*:ssh-\S+ \S+.*\n?)+$/, "must be lines of USER:KEY").optional(), // prettier-ignore
  "user-data": z
    .string()
    .startsWith("#cloud-config\n", "must be a cloud-config")
    .refine((text) => cloudConfig.safeParse(yaml.load(text)).success, "asks cloud-init for what the stand-in can't do")
    .optional(),
  "block-project-ssh-keys": z.enum(["TRUE", "FALSE"]).optional(),
  "enable-oslogin": z.literal("FALSE", "must be FALSE: the stand-in has no accounts to log in with").optional(),
});

/** A script that does on a new machine what cloud-init and Google's guest agent do at the first boot. */
export function firstBootScript(given: Readonly<Record<string, string>>): string {
  const { "ssh-keys": sshKeys = "", "user-data": userData = "{}" } = metadata.parse(given);
  const { ssh_keys: hostKeys, write_files: files = [] } = cloudConfig.parse(yaml.load(userData) ?? {});
  return [
    ...files.map(({ path: place, content }) => writeFile(place, content, "644")),
    "host_keys() {",
    ...(hostKeys
      ? [
          writeFile("/etc/ssh/ssh_host_ecdsa_key", hostKeys.ecdsa_private, "600"),
          writeFile("/etc/ssh/ssh_host_ecdsa_key.pub", hostKeys.ecdsa_public, "644"),
        ]
      : ["ssh-keygen -q -A"]),
    "}",
    `SSH_KEYS=${shellQuote(sshKeys.trim())}`,
    fs.readFileSync(path.join(__dirname, "scripts/first-boot.sh"), "utf8"),
  ].join("\n");
}

/** A command that writes a file. */
function writeFile(place: string, content: string, mode: string): string {
  const text = content.endsWith("\n") ? content : `${content}\n`;
  return `install -D -m ${mode} /dev/stdin ${shellQuote(place)} < <(printf %s ${shellQuote(text)})`;
}
