/**
 * The views of the page, in the order of their tabs. A module is loaded when its view is first
 * opened, and exports the component `View`.
 *
 * @type {{name: string, title: string, load: () => Promise<{View: Function}>}[]}
 */
export const VIEWS = [
  { name: "traffic", title: "Traffic", load: () => import("./traffic/view.js") },
  { name: "clients", title: "Clients", load: () => import("./clients/view.js") },
  { name: "conversations", title: "Conversations", load: () => import("./conversations/view.js") },
  { name: "mocks", title: "Mocks", load: () => import("./mocks/view.js") },
  { name: "checks", title: "Checks", load: () => import("./checks/view.js") },
  { name: "status", title: "Status", load: () => import("./status/view.js") },
];
