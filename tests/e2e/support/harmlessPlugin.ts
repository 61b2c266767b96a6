import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { globSync } from "node:fs";
import { createInterface } from "node:readline";

import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { outputsOf } from "../../support/standIns";
import { typeOf } from "../../support/urn";

const messageSize = { "grpc.max_receive_message_length": 64 * 2 ** 20, "grpc.max_send_message_length": 64 * 2 ** 20 };

/**
 * A provider plugin, the real one, behind a server that passes everything on to it but what would reach a host or a
 * cluster: that succeeds at once, with made-up outputs. So what a change means (an update, a replacement, nothing) is
 * the plugin's own judgement.
 */
export class HarmlessPlugin {
  private constructor(
    private readonly name: string,
    private readonly plugin: ChildProcess,
    private readonly server: grpc.Server,
    private readonly port: number,
    private readonly troubles: Troubles,
  ) {}

  /** @param name as in `pulumi-resource-NAME`, of those in $PULUMI_HOME */
  static async start(name: string): Promise<HarmlessPlugin> {
    const [path] = globSync(`${process.env["PULUMI_HOME"]}/plugins/resource-${name}-v*/pulumi-resource-${name}`);
    if (path === undefined) throw new Error(`there is no plugin ${name} in $PULUMI_HOME: run make toolchain`);
    const plugin = spawn(path, [], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
    const real = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), messageSize);

    const server = new grpc.Server(messageSize);
    const troubles: Troubles = new Map();
    server.addService(ResourceProviderService, handlers(real, troubles));
    const own = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return new HarmlessPlugin(name, plugin, server, own, troubles);
  }

  /** For PULUMI_DEBUG_PROVIDERS: the engine then starts no plugin of this name, but uses this one. */
  get attachment(): string {
    return `${this.name}:${this.port}`;
  }

  /** The next update of a resource of this name never ends. Resolves when it has begun. */
  stallUpdateOf(resource: string): Promise<void> {
    return new Promise((resolve) => this.troubles.set(resource, () => resolve()));
  }

  /** The next update or replacement of a resource of this name fails: the plugin can't tell how far it got. */
  fail(resource: string): void {
    this.troubles.set(resource, (answer) => answer({ code: grpc.status.UNKNOWN, details: "made to fail" }));
  }

  stop(): void {
    this.server.forceShutdown();
    this.plugin.kill();
  }
}

/** Names of resources, and what the next change of each does instead of succeeding: it never answers, or answers with an error. */
type Troubles = Map<string, (answer: (error: Partial<grpc.ServiceError>) => void) => void>;

function handlers(real: ResourceProviderClient, troubles: Troubles): grpc.UntypedServiceImplementation {
  const calls = real as unknown as Record<string, (request: unknown, answer: grpc.sendUnaryData<unknown>) => void>;
  const passOn =
    (method: string): grpc.handleUnaryCall<unknown, unknown> =>
    ({ request }, answer) =>
      calls[method]!(request, answer);
  /** Whether this request has met its trouble. */
  const isTroubled = (
    request: messages.CreateRequest | messages.UpdateRequest,
    answer: (error: Partial<grpc.ServiceError>) => void,
  ): boolean => {
    const resource = request.getUrn().split("::").at(-1)!;
    const trouble = request.getPreview() ? undefined : troubles.get(resource);
    if (!trouble) return false;
    troubles.delete(resource);
    trouble(answer);
    return true;
  };
  const create: grpc.handleUnaryCall<messages.CreateRequest, messages.CreateResponse> = ({ request }, answer) => {
    const [urn, inputs] = [request.getUrn(), request.getProperties()!];
    if (request.getPreview() && !canDryRun(urn, inputs)) return real.create(request, answer);
    if (isTroubled(request, answer)) return;
    answer(null, new messages.CreateResponse().setId("made-up").setProperties(stateOf(urn, inputs)));
  };
  const update: grpc.handleUnaryCall<messages.UpdateRequest, messages.UpdateResponse> = ({ request }, answer) => {
    const [urn, inputs] = [request.getUrn(), request.getNews()!];
    if (request.getPreview() && !canDryRun(urn, inputs)) return real.update(request, answer);
    if (isTroubled(request, answer)) return;
    answer(null, new messages.UpdateResponse().setProperties(stateOf(urn, inputs, request.getOlds())));
  };
  const succeed: grpc.handleUnaryCall<unknown, Empty> = (_, answer) => answer(null, new Empty());
  return {
    ...Object.fromEntries(Object.keys(ResourceProviderService).map((method) => [method, passOn(method)])),
    create,
    update,
    delete: succeed,
    cancel: succeed, // the plugin serves further runs of the engine
  };
}

/** Whether a preview asks the API server for a dry run, which answers as if it did it. */
function canDryRun(urn: string, inputs: Struct): boolean {
  return typeOf(urn).startsWith("kubernetes:") && !JSON.stringify(inputs.toJavaScript()).includes(unknownValue);
}

function stateOf(urn: string, given: Struct, before?: Struct): Struct {
  const type = typeOf(urn);
  const inputs = given.toJavaScript();
  const state = outputsOf({ type, name: urn.split("::").at(-1)!, inputs }) as Record<string, JavaScriptValue>;
  if (type.startsWith("kubernetes:")) {
    const old = (before?.toJavaScript() ?? {}) as { metadata?: { uid: string; generation: number } };
    // As the API server tells one object from the next, and its versions.
    const { uid, generation } = old.metadata ?? { uid: randomUUID(), generation: 0 };
    state["metadata"] = { ...(state["metadata"] as object), uid, generation: generation + 1 };
    state["__inputs"] = inputs; // kept by the plugin beside what the API server made of it
  }
  return Struct.fromJavaScript(state);
}
