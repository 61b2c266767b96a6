/** Unit and golden tests; the end-to-end runs are programs of their own (tests/e2e). */
module.exports = {
  testMatch: ["<rootDir>/tests/{unit,golden}/**/*.test.ts"],
  transform: { "\\.ts$": "@swc/jest" },
  globalSetup: "<rootDir>/tests/support/refuseMachineCommands.ts",
  setupFilesAfterEnv: ["<rootDir>/tests/support/nameTestFile.ts"],
  globalTeardown: "<rootDir>/tests/support/reportMachineCommands.ts",
};
