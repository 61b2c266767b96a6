import { versions } from "../../../components/artifacts/versions";
import { eventually } from "../../support/eventually";
import type { Kubectl } from "../support/kubectl";
import { type ClientSide, startProgram } from "./clientPrograms";
import type { RunningKafka } from "./runningKafka";

/** Each client's longest time from sending a record to its acknowledgement, in seconds. */
export type Stalls = Readonly<Record<"java" | "librdkafka" | "kafkajs", number>>;

/** Output of the programs stall_*.py and stall_*.mts. */
interface Printed {
  readonly acknowledged: number;
  readonly longestStallSeconds: number;
  readonly errors: readonly string[];
}

const PARTITIONS = 6;
/** Records that Kafka's own producer sends per second. It reports the longest latency every five seconds. */
const JAVA_RECORDS_PER_SECOND = 12;

/**
 * Makes a change while three producers, each with its client's default settings, send a record to each of six partitions twice a
 * second. Returns each producer's longest stall.
 *
 * @throws Error if a record was refused, or a client sent none
 */
export async function stallsDuring(
  side: ClientSide,
  kafka: RunningKafka,
  kubectl: Kubectl,
  bootstrapServersForPods: string,
  change: () => Promise<unknown>,
): Promise<Stalls> {
  for (const topic of ["stall-java", "stall-librdkafka", "stall-kafkajs"]) await createTopic(kafka, topic);
  const java = await JavaProducer.start(kubectl, bootstrapServersForPods);
  const ends = await Promise.all([
    startProducer(side, "stall_librdkafka.py", "stall-librdkafka"),
    startProducer(side, "stall_kafkajs.mts", "stall-kafkajs"),
  ]);
  await change();
  const [librdkafka, kafkajs] = await Promise.all(ends.map((end) => end()));
  return { java: await java.end(), librdkafka: librdkafka!, kafkajs: kafkajs! };
}

async function createTopic(kafka: RunningKafka, topic: string): Promise<void> {
  const layout = ["--partitions", String(PARTITIONS), "--replication-factor", "3"];
  await kafka.tool("kafka-topics.sh", "--create", "--if-not-exists", "--topic", topic, ...layout);
}

/** Starts a producer. @returns a function that ends it and returns its longest stall */
async function startProducer(side: ClientSide, program: string, topic: string): Promise<() => Promise<number>> {
  const child = await startProgram(side.container, program, side.bootstrapServers, topic);
  let stdout = "";
  let stderr = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  return async () => {
    child.stdin!.end();
    const code = await closed;
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${stdout}${stderr}`);
    const { acknowledged, longestStallSeconds, errors } = JSON.parse(stdout) as Printed;
    if (acknowledged === 0 || errors.length > 0) throw new Error(`${program}: ${stdout}`);
    return longestStallSeconds;
  };
}

/** Kafka's own kafka-producer-perf-test in a pod, as most programs in a cluster run. */
class JavaProducer {
  private static readonly pod = "stall-java";

  private constructor(
    private readonly kubectl: Kubectl,
    /** Number of reports before the change. They don't count, since the first records wait for the client's start. */
    private readonly reportsBefore: number,
  ) {}

  static async start(kubectl: Kubectl, bootstrapServers: string): Promise<JavaProducer> {
    const send = ["--throughput", String(JAVA_RECORDS_PER_SECOND), "--num-records", "1000000", "--record-size", "100"];
    const tool = ["/opt/kafka/bin/kafka-producer-perf-test.sh", "--topic", "stall-java", ...send];
    const image = ["--image", `docker.io/apache/kafka:${versions.kafka}`, "--image-pull-policy", "IfNotPresent"];
    const once = ["--restart", "Never", "--env", "KAFKA_HEAP_OPTS=-Xmx128m"];
    const servers = ["--command-property", `bootstrap.servers=${bootstrapServers}`];
    await kubectl.run("delete", "pod", this.pod, "--ignore-not-found");
    await kubectl.run("run", this.pod, ...image, ...once, "--command", "--", ...tool, ...servers);
    return eventually(120, async () => {
      const reports = latenciesIn(await kubectl.run("logs", this.pod)).length;
      if (reports < 2) throw new Error("the Java producer has not sent anything yet");
      return new JavaProducer(kubectl, reports);
    });
  }

  async end(): Promise<number> {
    const latencies = await eventually(60, async () => {
      const reports = latenciesIn(await this.kubectl.run("logs", JavaProducer.pod));
      // The report after the current one has the records that wait at the end of the change.
      if (reports.length < this.reportsBefore + 2) throw new Error("the Java producer says nothing");
      return reports.slice(this.reportsBefore);
    });
    await this.kubectl.run("delete", "pod", JavaProducer.pod, "--wait=false");
    return Math.max(...latencies) / 1000;
  }
}

/** The longest latency, in milliseconds, of each five seconds. */
function latenciesIn(log: string): number[] {
  return [...log.matchAll(/([\d.]+) ms max latency/g)].map(([, milliseconds]) => Number(milliseconds));
}
