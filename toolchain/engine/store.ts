import * as fs from "node:fs";
import * as path from "node:path";
import { takeLock, tryLock, type Lock } from "./lock";

/** Where a build puts things. */
export interface Workplace {
  /** Empty; becomes the entry. */
  out: string;
  /** Scratch; dropped. */
  work: string;
  /** Pass it on to the build's processes: as long as one lives, nobody else builds this entry. */
  lock: Lock;
}

/**
 * Finished builds by id, shared by all checkouts of this user. An entry is there whole or not at all: it is filled beside
 * the store on the same file system and renamed into it.
 */
export class Store {
  constructor(readonly cache: string) {}

  path(id: string): string {
    return path.join(this.cache, "store", id);
  }

  has(id: string): boolean {
    return fs.existsSync(this.path(id));
  }

  ids(): string[] {
    const store = path.join(this.cache, "store");
    return fs.existsSync(store) ? fs.readdirSync(store).sort() : [];
  }

  /**
   * Has `fill` build the entry unless it is there.
   *
   * @param onWait called if another process is building the same entry
   * @returns false if another process built it meanwhile
   */
  async add(id: string, fill: (place: Workplace) => Promise<void>, onWait: () => void): Promise<boolean> {
    const lock = await takeLock(this.lockFile(id), onWait);
    const place = path.join(this.cache, "tmp", id);
    try {
      if (this.has(id)) return false;
      remove(place); // what a killed build left: under the lock it can't be in use
      const [out, work] = [path.join(place, "out"), path.join(place, "work")];
      [out, work, path.dirname(this.path(id))].forEach((folder) => fs.mkdirSync(folder, { recursive: true }));
      await fill({ out, work, lock });
      fs.renameSync(out, this.path(id));
      return true;
    } finally {
      remove(place);
      lock.release();
    }
  }

  /** Removes the entry unless somebody is building it. */
  async drop(id: string): Promise<void> {
    const lock = await tryLock(this.lockFile(id));
    if (!lock) return;
    remove(this.path(id));
    lock.release();
  }

  private lockFile(id: string): string {
    return path.join(this.cache, "locks", id);
  }
}

function remove(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
}
