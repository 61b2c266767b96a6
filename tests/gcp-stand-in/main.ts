import { Cloud } from "./cloud";
import { DockerMachines } from "./dockerMachines";
import { servePlugin } from "./plugin";
import { readSettings } from "./settings";
import { StandInProvider } from "./standInProvider";

const settings = readSettings();
void servePlugin(new StandInProvider(new Cloud(settings.folder, new DockerMachines(settings))));
