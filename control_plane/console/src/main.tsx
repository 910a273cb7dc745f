import { render } from "preact";
import { App } from "./app";
import { followLinks } from "./routing/location";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";
import { followTheme } from "./ui/theme";

followTheme();
followLinks();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
