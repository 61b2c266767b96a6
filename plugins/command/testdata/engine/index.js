// The program of engine_test.go, which writes settings.json before each step.
const fs = require("fs");
const pulumi = require("@pulumi/pulumi");
const { local, remote } = require("@pulumi/command");

const { connection, log, folder, target, greeting, trigger } = JSON.parse(fs.readFileSync("settings.json", "utf8"));

const command = new remote.Command("command", {
  connection,
  create: `echo create $GREETING >>${log}; echo "made by $GREETING"; cat >/dev/null`,
  update: `echo update $GREETING after $PULUMI_COMMAND_STDOUT >>${log}; echo "updated by $GREETING"`,
  delete: `echo delete after $PULUMI_COMMAND_STDOUT >>${log}`,
  environment: { GREETING: greeting },
  stdin: pulumi.secret("stdin that nobody may see"),
  triggers: [trigger],
});
const confidential = new remote.Command(
  "confidential",
  { connection, create: "cat", stdin: pulumi.secret("output that nobody may see"), logging: "none" },
  { additionalSecretOutputs: ["stdout"] },
);
new remote.CopyToRemote("text", {
  connection,
  source: new pulumi.asset.StringAsset(greeting),
  remotePath: `${target}/text`,
});
new remote.CopyToRemote("folder", { connection, source: new pulumi.asset.FileArchive(folder), remotePath: target });
const here = new local.Command("here", {
  create: pulumi.interpolate`echo "${command.stdout}, seen here"`,
  dir: folder,
  assetPaths: ["*"],
});

exports.stdout = command.stdout;
exports.confidential = confidential.stdout;
exports.here = here.stdout;
exports.assets = here.assets.apply((assets) => Object.keys(assets ?? {}));
exports.run = local.runOutput({ command: "echo run" }).stdout;
