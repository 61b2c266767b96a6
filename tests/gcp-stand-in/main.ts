import { Cloud } from "./cloud";
import { DockerMachines } from "./dockerMachines";
import { servePlugin } from "./plugin";
import { readSettings } from "./settings";
import { StandIn } from "./standIn";

const settings = readSettings();
void servePlugin(new StandIn(new Cloud(settings.folder, new DockerMachines(settings))));
