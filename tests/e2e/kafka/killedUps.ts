import type { Stack } from "../../support/stack";

/** One `up` that was killed, and the one after it. */
export interface KilledUp {
  /** Value of the config key that was to be reached. */
  target: number;
  killedAfterSeconds: number;
  /** How long the next `up` took. */
  convergedInSeconds: number;
}

export interface Interrupted {
  /** Config key that goes to and fro. */
  key: string;
  /** Where it stands, and where it goes. */
  values: [from: number, to: number];
  /** How many kills each way. */
  kills: number;
  random: () => number;
  /** Fails unless what was asked for has come about. */
  check: (value: number) => Promise<void>;
}

/**
 * Sends a config value to and fro; kills each `up` at a random moment of the time that it takes undisturbed, and lets the
 * next one finish. An `up` that ended before its moment came doesn't count.
 */
export async function killUps(stack: Stack, { key, values, kills, random, check }: Interrupted): Promise<KilledUp[]> {
  const [from, to] = values;
  const takes = new Map<number, number>();
  for (const value of [to, from]) {
    await stack.setConfig(key, String(value));
    takes.set(value, (await stack.up()).seconds);
    await check(value);
  }
  const killed: KilledUp[] = [];
  const enough = (): boolean =>
    values.every((value) => killed.filter(({ target }) => target === value).length >= kills);
  while (!enough()) {
    for (const target of [to, from]) {
      const moment = random() * takes.get(target)!;
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
