/** The stories on the stand-in for Google Cloud, which `make e2e-gcp` runs. */
module.exports = {
  ...require("../jest.config.js"),
  rootDir: "../../..",
  testMatch: ["<rootDir>/tests/e2e/gcp/*.e2e.ts"],
};
