import { App } from "./app.js";
import { takeDraftsOfRules } from "./mocks/incoming.js";
import { startFeed } from "./store/feed.js";
import { startServerStatus } from "./store/server.js";
import { applyTheme } from "./theme.js";
import { html, render } from "./ui.js";

applyTheme();
startFeed();
startServerStatus();
takeDraftsOfRules();
render(html`<${App} />`, document.getElementById("page"));
