import * as pulumi from "@pulumi/pulumi";

import { offers } from "./config/keptVersions";
import { loadConfig } from "./config/loadConfig";
import { mirrorMistakes, readEnvironment } from "./stacks/environment";
import { Platform } from "./stacks/platform";
import { recordedResources } from "./stacks/recordedResources";
import { recordedVersions } from "./stacks/recordedVersions";

export = async () => {
  const environment = readEnvironment();
  const recorded = await recordedResources();
  const kept = "unread" in recorded ? recorded : recordedVersions(recorded);
  const config = loadConfig((loaded) => mirrorMistakes(loaded, environment), kept);
  const platform = new Platform(pulumi.getStack(), config, environment, "unread" in recorded ? [] : recorded);
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
