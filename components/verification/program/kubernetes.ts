import * as fs from "fs";
import * as https from "https";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Sets the annotation named by REPORT_ANNOTATION of the Job named by JOB_NAME, the only thing that the pod's service
 * account may do. Outside a cluster there is no Job and nothing happens.
 */
export async function annotateJob(value: string): Promise<void> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, JOB_NAME, REPORT_ANNOTATION } = process.env;
  if (!host || !JOB_NAME || !REPORT_ANNOTATION) return;
  const read = (file: string): string => fs.readFileSync(`${SERVICE_ACCOUNT}/${file}`, "utf8");
  await patch(
    {
      host,
      port,
      path: `/apis/batch/v1/namespaces/${read("namespace")}/jobs/${JOB_NAME}`,
      ca: read("ca.crt"),
      headers: { authorization: `Bearer ${read("token")}`, "content-type": "application/merge-patch+json" },
    },
    { metadata: { annotations: { [REPORT_ANNOTATION]: value } } },
  );
}

function patch(options: https.RequestOptions, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the report couldn't be handed to Kubernetes: ${why}`));
    const request = https.request({ ...options, method: "PATCH", timeout: 10_000 }, (response) => {
      let answer = "";
      response.on("data", (chunk) => (answer += chunk));
      response.on("end", () => (response.statusCode === 200 ? resolve() : fail(`${response.statusCode} ${answer}`)));
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 seconds")));
    request.on("error", (error) => fail(error.message));
    request.end(JSON.stringify(body));
  });
}
