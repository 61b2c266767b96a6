/** Unit and golden tests; the end-to-end runs are programs of their own (tests/e2e). */
module.exports = {
  testMatch: ["<rootDir>/tests/{unit,golden}/**/*.test.ts"],
  // Tests wait for programs that they start, so that both cores have something to do.
  maxWorkers: "100%",
  // A limit that a busy machine does not reach: no test is about speed.
  testTimeout: 120_000,
  transform: { "\\.ts$": "@swc/jest" },
  globalSetup: "<rootDir>/tests/support/refuseMachineCommands.ts",
  setupFilesAfterEnv: ["<rootDir>/tests/support/nameTestFile.ts"],
  globalTeardown: "<rootDir>/tests/support/reportMachineCommands.ts",
};
