/** A cluster that lives for years: parts that run.sh runs one after the other, since all of them take hours. */
module.exports = {
  ...require("../jest.config.js"),
  rootDir: "../../..",
  testMatch: ["<rootDir>/tests/e2e/years/*.e2e.ts"],
  testTimeout: 4 * 60 * 60_000,
};
