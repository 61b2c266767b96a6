import * as pulumi from "@pulumi/pulumi";

import { networkOffer } from "./config/keptNetwork";
import { offers } from "./config/keptVersions";
import { loadConfig } from "./config/loadConfig";
import type { LoadedConfig } from "./config/parseConfig";
import { mirrorMistakes, readEnvironment, restoreMistakes } from "./stacks/environment";
import { keptBy } from "./stacks/kept";
import { Platform } from "./stacks/platform";
import { recordedResources } from "./stacks/recordedResources";
import { recordedOnHosts } from "./stacks/recordedVersions";

export = async () => {
  const environment = readEnvironment();
  const recorded = await recordedResources();
  const kept = keptBy(recorded);
  const resources = "unread" in recorded ? [] : recorded;
  const mistakesHere = (loaded: LoadedConfig) => [
    ...mirrorMistakes(loaded, environment, recordedOnHosts(resources)),
    ...restoreMistakes(pulumi.getStack(), loaded, environment),
  ];
  const config = loadConfig(mistakesHere, kept);
  const platform = new Platform(pulumi.getStack(), config, environment, recorded);
  if (pulumi.runtime.isDryRun()) {
    const stack = pulumi.getStack();
    const offered = [...offers(stack, config, kept), ...networkOffer(stack, config.isNetworkUnnamed, kept)];
    for (const offer of offered) void pulumi.log.info(offer);
  }

  return {
    nodes: platform.cluster.nodes,
    kubeconfig: platform.cluster.kubeconfig, // secret
    certificates: platform.cluster.certificates,
    backups: platform.backups.report,
    backupKey: platform.backups.key, // secret
    bootstrapServers: platform.kafka.bootstrapServers,
    bootstrapServersOnNodes: platform.kafka.bootstrapServersOnNodes,
    kafka: platform.kafkaState,
    ...(Object.keys(platform.users).length > 0 && { users: platform.users }), // secret
    verification: platform.verification.report,
  };
};
