import type { Stack } from "../../support/stack";

/** A killed `up` and the next one. */
export interface KilledUp {
  /** The config key's new value. */
  target: number;
  killedAfterSeconds: number;
  /** Duration of the next `up`. */
  convergedInSeconds: number;
}

export interface Interrupted {
  /** Config key whose value alternates. */
  key: string;
  /** The key's present value, and the other one. */
  values: [from: number, to: number];
  /** Number of kills in each direction. */
  kills: number;
  random: () => number;
  /** Fails unless Kafka matches the config. */
  check: (value: number) => Promise<void>;
}

/**
 * Alternates a config value. Each first `up` with a value is killed at a random moment of its usual duration, and the next one
 * completes. An `up` that ends before its moment doesn't count.
 */
export async function killUps(stack: Stack, { key, values, kills, random, check }: Interrupted): Promise<KilledUp[]> {
  const [from, to] = values;
  const usualSeconds = new Map<number, number>();
  for (const value of [to, from]) {
    await stack.setConfig(key, String(value));
    usualSeconds.set(value, (await stack.up()).seconds);
    await check(value);
  }
  const killed: KilledUp[] = [];
  const enough = (): boolean =>
    values.every((value) => killed.filter(({ target }) => target === value).length >= kills);
  while (!enough()) {
    for (const target of [to, from]) {
      const moment = random() * usualSeconds.get(target)!;
      await stack.setConfig(key, String(target));
      const wasRunning = await stack.killUp(moment);
      if (wasRunning) await stack.cancel();
      const { seconds } = await stack.up();
      await check(target);
      if (wasRunning) killed.push({ target, killedAfterSeconds: moment, convergedInSeconds: seconds });
    }
  }
  return killed;
}
