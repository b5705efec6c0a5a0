import "./flows.mjs";
import "./access.mjs";
import "./hostile.mjs";
import "./embed.mjs";
import { main } from "./harness.mjs";

await main();
