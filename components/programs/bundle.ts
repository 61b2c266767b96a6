import { build } from "esbuild";
import { gzipSync } from "zlib";

/**
 * A program with all that it needs, as one compressed file in base64: the verification's is 100 KB in place of 280, since
 * every step of an update writes the whole state. Bundling takes a tenth of a second, less than a cache would be worth; beside
 * it, the rest of the stack is planned.
 *
 * @param main path of the file that the program starts from
 */
export async function bundleProgram(main: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [main],
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).toString("base64");
}
