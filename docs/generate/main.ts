import { writeFileSync } from "node:fs";
import * as path from "node:path";

import { configReference } from "./configReference";
import { hostActions } from "./hostActions";

const pages = { "config.md": configReference(), "host-actions.md": hostActions() };
for (const [name, text] of Object.entries(pages)) writeFileSync(path.join(__dirname, "..", name), text);
