import { readFileSync } from "node:fs";
import * as path from "node:path";

import { hostActions } from "../../../docs/generate/hostActions";

test("docs/host-actions.md is what `make docs` writes", () => {
  expect(readFileSync(path.join(__dirname, "../../../docs/host-actions.md"), "utf8")).toBe(hostActions());
});
