/** Hosts that come and go: a run of its own beside tests/e2e, since it takes most of an hour. */
module.exports = {
  ...require("../jest.config.js"),
  rootDir: "../../..",
  testMatch: ["<rootDir>/tests/e2e/cluster/*.e2e.ts"],
  testTimeout: 30 * 60_000,
};
