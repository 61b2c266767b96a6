import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

import * as pulumi from "@pulumi/pulumi";

import {
  certificateProblems,
  certificateReport,
  type ControlPlaneNode,
} from "../../../components/cluster/certificates/report";
import { certificatesNow } from "../../../components/cluster/certificates/liveCertificates";
import { endsIn } from "../../../components/cluster/kubeconfig";
import { DEFAULT_TIMES } from "../../../components/cluster/certificates/timesPlan";
import type { HostStepContext } from "../../../components/cluster/steps/hostStep";
import { certificate } from "../../support/certificate";

const DAY = 86_400;
const now = Date.parse("2026-11-28T12:00:00Z") / 1000;
const node = (days: number, problem?: string): ControlPlaneNode => ({
  metadata: {
    name: "master",
    annotations: {
      "kubeadm-kafka/certificates-end": new Date((now + days * DAY) * 1000).toISOString(),
      ...(problem && { "kubeadm-kafka/certificates-problem": problem }),
    },
  },
});
const reportOf = (nodes: ControlPlaneNode[], authority = 3650) =>
  certificateReport(
    nodes,
    { kubeconfig: now + 200.5 * DAY, authority: now + authority * DAY },
    DEFAULT_TIMES,
    (host) => `renew ${host}`,
    now,
  );

test("the days that certificates are still valid are listed, and what is in order is no warning", () => {
  expect(reportOf([node(364.9)])).toEqual({
    daysLeft: { master: 364, kubeconfig: 200, authority: 3650 },
    warnings: [],
  });
});

test("a control plane whose certificates nobody has looked at yet isn't listed", () => {
  const { daysLeft, warnings } = reportOf([{ metadata: { name: "master" } }]);
  expect({ names: Object.keys(daysLeft), warnings }).toEqual({ names: ["kubeconfig", "authority"], warnings: [] });
});

test("certificates that control planes still renew in time are no warning, and later ones are", () => {
  expect(reportOf([node(16)]).warnings).toEqual([]);
  expect(reportOf([node(14.5)]).warnings).toEqual([
    "master has not renewed a certificate that ends in 14 days. Renew it: renew master [KK945]",
  ]);
});

test("a problem that a control plane reports is a warning with the command that tries again", () => {
  expect(reportOf([node(12, "the API server does not answer")]).warnings).toEqual([
    "master has a problem with its certificates: the API server does not answer. When that is repaired: renew master [KK944]",
  ]);
});

test("`make health` shows problems that control planes report, and no other", () => {
  expect(certificateProblems([node(1), node(300, "the kubelet sleeps"), { metadata: { name: "second" } }])).toEqual([
    "master has a problem with its certificates: the kubelet sleeps",
  ]);
});

test("an authority that ends before the certificates that it signs is a warning", () => {
  expect(reportOf([node(300)], 366).warnings).toEqual([]);
  expect(reportOf([node(300)], 300).warnings).toEqual([
    expect.stringMatching(/authority ends in 300 days.*\[KK946\]$/),
  ]);
});

describe("of a running cluster", () => {
  const pem = certificate("api.test");
  let server: Server | undefined;
  afterAll(() => server?.close());

  const base64 = Buffer.from(pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"))).toString("base64");
  const key = Buffer.from(pem).toString("base64");
  const kubeconfigOf = (server: string) =>
    JSON.stringify({
      clusters: [{ cluster: { server, "tls-server-name": "api.test", "certificate-authority-data": base64 } }],
      users: [{ user: { "client-certificate-data": base64, "client-key-data": key } }],
    });
  const context = { cluster: "c", args: {} } as HostStepContext;
  const read = (server: string) =>
    new Promise((resolve) => certificatesNow(context, pulumi.output(kubeconfigOf(server)), []).apply(resolve));

  test("a kubeconfig says when its certificates end", () => {
    const { kubeconfig, authority } = endsIn(kubeconfigOf("https://127.0.0.1:1"));
    expect(kubeconfig! - Date.now() / 1000).toBeGreaterThan(0.9 * DAY);
    expect(kubeconfig! - Date.now() / 1000).toBeLessThan(DAY);
    expect(authority).toBe(kubeconfig);
  });

  test("the API server is asked for the control planes' Nodes", async () => {
    const asked: (string | undefined)[] = [];
    server = createServer({ key: pem, cert: pem }, ({ url }, response) => {
      asked.push(url);
      response.end(
        JSON.stringify({
          items: [
            { metadata: { name: "master", annotations: { "kubeadm-kafka/certificates-end": "2999-01-01T00:00:00Z" } } },
          ],
        }),
      );
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await read(`https://127.0.0.1:${port}`)).toMatchObject({
      daysLeft: { master: expect.any(Number), kubeconfig: 0, authority: 0 },
    });
    expect(asked).toEqual(["/api/v1/nodes?labelSelector=node-role.kubernetes.io/control-plane"]);
  });

  test("an API server that doesn't answer hides only the control planes", async () => {
    expect(await read("https://127.0.0.1:1")).toMatchObject({ daysLeft: { kubeconfig: 0, authority: 0 } });
  });
});
