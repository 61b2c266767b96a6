import { type ApiLoadReport, underApiLoad } from "../cluster/apiRequestLoad";
import { Load, outcomeOf, unharmed } from "../kafka/load";
import type { Report } from "../support/report";
import type { Lab } from "./lab";

/** Makes a part's changes under load, and knows the records that were acknowledged in all of them. */
export class Loads {
  private readonly topics: string[] = [];

  constructor(
    private readonly lab: Lab,
    private readonly report: Report,
  ) {}

  /**
   * Makes a change while a producer and a consumer group use a topic of their own. No record may be lost, duplicated
   * or out of order; the longest stall is printed.
   *
   * @param claim name of the change in the report
   * @param change returns facts for the report
   */
  async during(claim: string, change: (load: Load) => Promise<object>): Promise<void> {
    const { side, kafka } = this.lab;
    // The cluster that another part has left may have the topic of an earlier run.
    const topic = `${claim}-${Date.now().toString(36)}`;
    let facts: object;
    const outcome = await Load.during(side, kafka, topic, 3, async (load) => {
      facts = await change(load);
    });
    this.topics.push(topic);
    this.report.add(claim, { ...facts!, kafka: outcome });
    console.log(
      `${claim}: ${outcome.acknowledged} records, longest stall ${outcome.longestStallSeconds} s, longest delay ` +
        `${outcome.longestDelaySeconds} s`,
    );
    expect(outcome).toMatchObject(unharmed);
  }

  /**
   * The same, while a client also sends requests to the API servers. None may fail for ten seconds.
   *
   * @param kubeconfig of the client @default the stack's
   */
  async duringWithRequests(
    claim: string,
    change: (load: Load) => Promise<object>,
    kubeconfig = this.lab.outputs.kubeconfig,
  ): Promise<void> {
    let requests: ApiLoadReport;
    await this.during(claim, async (load) => {
      let facts: object;
      requests = await underApiLoad(this.lab.clientHost, kubeconfig, async () => {
        facts = await change(load);
      });
      console.log(`${claim}: ${requests.requests} API requests, longest stall ${requests.longestStallSeconds} s`);
      return { ...facts!, requests };
    });
    expect(requests!.requests).toBeGreaterThan(20);
    expect(requests!.failed).toBe(0);
  }

  /** Expects that every record that was acknowledged in the changes so far is still there. */
  async areStillThere(): Promise<void> {
    for (const topic of this.topics) {
      expect(await outcomeOf(this.lab.side, this.lab.kafka, topic)).toMatchObject(unharmed);
    }
  }
}
