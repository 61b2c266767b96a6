import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

import { outputsOf } from "../support/standIns";

/** A resource as a program asked Pulumi's engine for it, word for word. */
export interface Registration {
  request: RegisterResourceRequest;
  /** A component's, or the stack's, in the form of the wire. */
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
 * Runs index.ts and records what it registers. Pulumi's mocks answer it; all that they pass on to a test is a
 * resource's type, name and inputs, so the requests are caught before they get there, with dependencies and options.
 *
 * @param preview as the first preview has it: nothing is there yet, so nothing that a resource puts out is known
 */
export async function record(stack: string, config: EngineConfig, preview: boolean): Promise<Recording> {
  const recording: Recording = new Map();
  pulumi.runtime.setAllConfig(config.values, config.secretKeys);
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(config.secretKeys); // as the language host passes them
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) => {
        if (preview && custom) return { id: undefined, state: {} };
        const state = outputsOf({ type, name, inputs });
        // As the engine does, and the mocks don't.
        const secret = recording.get(`${type}::${name}`)!.request.getAdditionalsecretoutputsList();
        for (const output of secret) state[output] = pulumi.secret(state[output]);
        return { id: `id-of-${name}`, state };
      },
      call: ({ token }) => {
        throw new Error(`${token} is called: let tests/golden/record.ts answer it`);
      },
    },
    "kubeadm-kafka",
    stack,
    preview,
  );
  listen(recording);
  delete require.cache[program]; // what it imports stays, so that a run takes a fraction of a second
  await pulumi.runtime.runInPulumiStack(() => import(program));
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
