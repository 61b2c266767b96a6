import type { GcpSettings } from "./gcpPlan";

/** What an instance is told by its metadata, which anyone on it and every viewer of the project can read. */
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
 * For cloud-init at the first boot: the machine shows this host key, and Google's agent makes no others in its place. JSON
 * is YAML.
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
