import { readFileSync } from "node:fs";
import * as path from "node:path";
import { rightsOfJobs } from "../../../components/kafka/changes/jobRights";

test("docs/encryption.md lists the rights that each Job gets", () => {
  const text = readFileSync(path.resolve(__dirname, "../../../docs/encryption.md"), "utf8");
  const documented = Object.fromEntries(
    [...text.matchAll(/^\| `CN=kafka-(\w+)` +\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)].map(([, job, ...cells]) => [
      job,
      cells.map((cell) => cell.trim()),
    ]),
  );
  const planned = Object.fromEntries(
    Object.entries(rightsOfJobs).map(([job, { cluster = [], topics = [], verifications: own }]) => [
      job,
      [
        cluster.join(", "),
        topics.join(", "),
        own ? `${own.topics.join(", ")} on topics; ${own.groups.join(", ")} on groups` : "",
      ],
    ]),
  );
  expect(documented).toEqual(planned);
});
