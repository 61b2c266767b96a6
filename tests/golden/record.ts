import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

import { outputsOf } from "../support/standIns";

/** A resource's request to Pulumi's engine, unchanged. */
export interface Registration {
  request: RegisterResourceRequest;
  /** Outputs of a component or of the stack, in the wire format. */
  outputs?: unknown;
}

/** A stack's resources by `type::name`, the last part of their URNs. */
export type Recording = Map<string, Registration>;

/** A stack's config as the engine hands it to a program: every value as text, and the keys whose values are secret. */
export interface EngineConfig {
  values: Record<string, string>;
  secretKeys: string[];
}

const program = require.resolve("../../index");

/**
 * Runs index.ts with Pulumi's mocks, and records the resources that it registers. The mocks pass only a resource's type, name and inputs
 * to a test, so the requests are recorded before they reach the mocks, with dependencies and options.
 *
 * @param preview as in the first preview: no resource exists yet, so their outputs are unknown
 */
export async function record(stack: string, config: EngineConfig, preview: boolean): Promise<Recording> {
  const recording: Recording = new Map();
  pulumi.runtime.setAllConfig(config.values, config.secretKeys);
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(config.secretKeys); // the language host passes them like this
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) => {
        if (preview && custom) return { id: undefined, state: {} };
        const state = outputsOf({ type, name, inputs });
        // The engine does this, but the mocks don't.
        const secret = recording.get(`${type}::${name}`)!.request.getAdditionalsecretoutputsList();
        for (const output of secret) state[output] = pulumi.secret(state[output]);
        return { id: `id-of-${name}`, state };
      },
      call: ({ token }) => {
        if (token === "pulumi:pulumi:readStackResourceOutputs") return { outputs: {} }; // a new stack
        throw new Error(`${token} is called: let tests/golden/record.ts answer it`);
      },
    },
    "kubeadm-kafka",
    stack,
    preview,
    "organization",
  );
  listen(recording);
  delete require.cache[program]; // its imports stay in the cache, so that a run takes a fraction of a second
  await pulumi.runtime.runInPulumiStack(async () => {
    const { default: run } = (await import(program)) as { default: () => Promise<unknown> };
    return run();
  });
  await pulumi.runtime.disconnect();
  return recording;
}

interface Monitor {
  registerResource(request: RegisterResourceRequest, answer: unknown): Promise<void>;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, answer: unknown): void;
}

function listen(recording: Recording): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const registerResource = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, answer) => {
    const key = `${request.getType()}::${request.getName()}`;
    if (recording.has(key)) throw new Error(`two resources are called ${key}`);
    recording.set(key, { request });
    return registerResource(request, answer);
  };
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, answer) => {
    recording.get(shortUrn(request.getUrn()))!.outputs = request.getOutputs()?.toJavaScript();
    registerResourceOutputs(request, answer);
  };
}

/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`, a provider's with `::ID` behind it → `TYPE::NAME` */
export function shortUrn(urn: string): string {
  const [, , types, name] = urn.split("::");
  return name === undefined ? urn : `${types!.split("$").at(-1)}::${name}`;
}
