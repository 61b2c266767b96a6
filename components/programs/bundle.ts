import { build } from "esbuild";
import { gzipSync } from "zlib";

/**
 * Bundles a program with all its imports into one file, compressed and in base64. It is compressed because every step
 * of an update writes the whole state: the verification has 100 KB instead of 280. There is no cache, since bundling
 * takes a tenth of a second.
 *
 * @param main path of the program's main file
 * @see https://esbuild.github.io/api/#bundle
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
