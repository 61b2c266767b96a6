/** Kafka's changes under load: a run of its own beside tests/e2e, since it takes most of an hour. */
module.exports = {
  ...require("../jest.config.js"),
  rootDir: "../../..",
  testMatch: ["<rootDir>/tests/e2e/kafka/*.e2e.ts"],
  testTimeout: 60 * 60_000,
};
