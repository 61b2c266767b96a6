import * as fc from "fast-check";
import { nodesNote } from "../../../../components/kafka/plan/annotations";

/** A StatefulSet on the cluster, and Pulumi, which applies it only if an input differs from the one that it applied last. */
class Cluster {
  pods = 0;
  generation = 0;
  note: string | undefined;
  private applied = "";

  scale(pods: number): void {
    if (pods !== this.pods) this.generation++;
    this.pods = pods;
  }

  /** @returns whether the StatefulSet was applied */
  up(count: number): boolean {
    const note = nodesNote(count, this.generation === 0 ? undefined : this);
    if (this.applied === `${count} ${note}`) return false;
    this.applied = `${count} ${note}`;
    this.scale(count);
    this.note = note;
    return true;
  }
}

test("whatever people do with kubectl scale, an up brings back the planned number, and the next one plans nothing", () => {
  const step = fc.record({ by: fc.constantFrom("kubectl", "config"), count: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const cluster = new Cluster();
      let planned = 3;
      cluster.up(planned);
      for (const { by, count } of steps) {
        if (by === "kubectl") cluster.scale(count);
        else planned = count;
        cluster.up(planned);
        expect(cluster.pods).toBe(planned);
        expect(cluster.up(planned)).toBe(false);
      }
    }),
  );
});

test("the note says what was found, and a change of the config needs no more than its number", () => {
  const live = { pods: 5, generation: 7 };
  expect(nodesNote(3, { ...live, note: "3" })).toBe("3, and not 5 as at generation 7");
  expect(nodesNote(3, { ...live, note: "5" })).toBe("3");
  expect(nodesNote(5, { ...live, note: "3" })).toBe("5");
  expect(nodesNote(5, live)).toBe("5");
  expect(nodesNote(3, undefined)).toBe("3");
});
