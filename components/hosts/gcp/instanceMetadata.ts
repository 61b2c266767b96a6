import type { GcpSettings } from "./gcpPlan";

/**
 * An instance's metadata. Every program on the instance and every viewer of the project can read it.
 *
 * @param publicKey of the key that Pulumi logs in with
 * @param introduction host key of the first boot, which print-host-key.sh replaces by one that only the machine has
 * @see https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys
 */
export function instanceMetadata(
  { user, osLogin }: GcpSettings["ssh"],
  publicKey: string,
  introduction: { privateKey: string; publicKey: string },
): Record<string, string> {
  return {
    "user-data": userData(introduction),
    "block-project-ssh-keys": "TRUE",
    "enable-oslogin": osLogin ? "TRUE" : "FALSE",
    ...(!osLogin && { "ssh-keys": `${user}:${publicKey}` }),
  };
}

/**
 * User data for cloud-init at the first boot: the machine gets this host key, and Google's agent doesn't replace it. JSON is valid
 * YAML.
 *
 * @see https://cloudinit.readthedocs.io/en/latest/reference/modules.html#ssh
 */
function userData({ privateKey, publicKey }: { privateKey: string; publicKey: string }): string {
  const config = {
    ssh_keys: { ecdsa_private: privateKey, ecdsa_public: publicKey },
    write_files: [
      {
        path: "/etc/default/instance_configs.cfg.template",
        content: "[InstanceSetup]\nset_host_keys = false\n",
      },
    ],
  };
  return `#cloud-config\n${JSON.stringify(config)}\n`;
}
