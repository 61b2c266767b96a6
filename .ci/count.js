// Prints the closing line over jest's JSON reports; one that isn't there counts as a failure.
const fs = require("node:fs");

let [passed, failed] = [0, 0];
for (const file of process.argv.slice(2)) {
  const report = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : undefined;
  passed += report?.numPassedTests ?? 0;
  failed += report ? report.numFailedTests + report.numRuntimeErrorTestSuites : 1;
}
console.log(`${passed} passed, ${failed} failed`);
