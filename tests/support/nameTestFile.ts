import * as fs from "node:fs";
import * as path from "node:path";

/** Gives the PATH of each test file its own name for the folder of refused commands, so that the report names the file. */
const folder = process.env["REFUSED_COMMANDS"]!;
const file = path.relative(path.resolve(__dirname, "../.."), expect.getState().testPath!);
const link = path.join(folder, file.replaceAll("/", "+"));
fs.rmSync(link, { force: true });
fs.symlinkSync(folder, link);
process.env["PATH"] = `${link}:${process.env["PATH"]}`;
