import * as pulumi from "@pulumi/pulumi";

import { offers } from "./config/keptVersions";
import { loadConfig } from "./config/loadConfig";
import { mirrorMistakes, readEnvironment } from "./stacks/environment";
import { keptVersions } from "./stacks/keptVersions";
import { Platform } from "./stacks/platform";

export = async () => {
  const environment = readEnvironment();
  const kept = await keptVersions();
  const config = loadConfig((loaded) => mirrorMistakes(loaded, environment), kept);
  const platform = new Platform(pulumi.getStack(), config, environment);
  if (pulumi.runtime.isDryRun())
    for (const offer of offers(pulumi.getStack(), config, kept)) void pulumi.log.info(offer);

  return {
    nodes: platform.cluster.nodes,
    kubeconfig: platform.cluster.kubeconfig, // secret
    certificates: platform.cluster.certificates,
    backups: platform.backups.report,
    backupKey: platform.backups.key, // secret
    bootstrapServers: platform.kafka.bootstrapServers,
    bootstrapServersOnNodes: platform.kafka.bootstrapServersOnNodes,
    kafka: platform.kafkaState,
    verification: platform.verification.report,
  };
};
