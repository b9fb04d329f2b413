/** Start a server for a run of tests, unless WEBSOCKET_MOCK_URL names one; return its end. */
export default function setup(): Promise<() => Promise<void>>;
