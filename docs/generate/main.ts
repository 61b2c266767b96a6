import { writeFileSync } from "node:fs";
import * as path from "node:path";

import { configReference } from "./configReference";

writeFileSync(path.join(__dirname, "../config.md"), configReference());
