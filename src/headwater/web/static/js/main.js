// What every page loads. Each module finds its own elements and leaves the rest alone.
import { startActions } from "./actions.js";
import { startCharts } from "./charts.js";
import { startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { startPalette } from "./palette.js";
import { startRefreshing } from "./refresh.js";
import { startTables } from "./tables.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";

startTimes(document);
startMenus();
startActions();
startTables();
startToasts();
startPalette();
startKeys();
startRefreshing();
startCharts();
document.documentElement.dataset.ready = "yes";
