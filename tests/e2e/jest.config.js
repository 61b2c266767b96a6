/** The end-to-end runs: stories whose steps build on each other, one after the other, against real parts. */
module.exports = {
  rootDir: "../..",
  testMatch: ["<rootDir>/tests/e2e/*.e2e.ts"],
  transform: { "\\.ts$": "@swc/jest" },
  testTimeout: 15 * 60_000,
  maxWorkers: 1,
  verbose: true,
};
