import * as pulumi from "@pulumi/pulumi";

import { loadConfig } from "./config/loadConfig";
import { mirrorMistakes, readEnvironment } from "./stacks/environment";
import { Platform } from "./stacks/platform";

const environment = readEnvironment();
const config = loadConfig((loaded) => mirrorMistakes(loaded, environment));
const platform = new Platform(pulumi.getStack(), config, environment);

export const nodes = platform.cluster.nodes;
export const kubeconfig = platform.cluster.kubeconfig; // secret
export const certificates = platform.cluster.certificates;
export const backups = platform.backups.report;
export const backupKey = platform.backups.key; // secret
export const bootstrapServers = platform.kafka.bootstrapServers;
export const bootstrapServersOnNodes = platform.kafka.bootstrapServersOnNodes;
export const kafka = platform.kafkaState;
export const verification = platform.verification.report;
