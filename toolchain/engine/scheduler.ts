import type { Resolved } from "./ingredients";

/** A step that failed. */
export interface Failure {
  id: string;
  error: Error;
}

/**
 * Runs the steps, at most `limit` at once, each after those that it needs; of the ready ones the head of the longest
 * chain first. After a failure nothing new starts, but what runs is finished, so that its result is kept.
 */
export async function schedule<S extends Resolved>(
  steps: S[],
  limit: number,
  run: (step: S) => Promise<void>,
): Promise<Failure[]> {
  const waiting = [...steps].sort((a, b) => chain(b, steps) - chain(a, steps));
  const unfinished = new Set(steps.map((step) => step.id));
  const running = new Set<Promise<void>>();
  const failures: Failure[] = [];

  const start = (step: S) => {
    waiting.splice(waiting.indexOf(step), 1);
    const job: Promise<void> = run(step)
      .then(() => void unfinished.delete(step.id))
      .catch((error: Error) => void failures.push({ id: step.id, error }))
      .finally(() => running.delete(job));
    running.add(job);
  };
  const next = () => waiting.find((step) => step.needs.every((need) => !unfinished.has(need.id)));

  for (;;) {
    for (let step = next(); step && running.size < limit && failures.length === 0; step = next()) start(step);
    if (running.size === 0) return failures;
    await Promise.race(running);
  }
}

/** Seconds from the start of a step to the end of the last one that waits for it. */
function chain(step: Resolved, steps: Resolved[]): number {
  const dependents = steps.filter((other) => other.needs.some((need) => need.id === step.id));
  const after = dependents.map((dependent) => chain(dependent, steps));
  return (step.recipe.usual?.seconds ?? 1) + Math.max(0, ...after);
}
