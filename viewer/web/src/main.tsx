import { render } from "preact";
import { App } from "./app";
import { theme } from "./state/preferences";
import "./style/tokens.css";
import "./style/base.css";
import "./style/log.css";
import "./style/entry.css";
import "./style/pages.css";

theme();
render(<App />, document.getElementById("page")!);
