export { Actions, actions } from "./lib/actions.js";
export { Conversation } from "./lib/conversation.js";
export { Endpoint } from "./lib/endpoint.js";
export { Entry } from "./lib/entry.js";
export {
  BadDefinition,
  MockAssertionError,
  MockError,
  NotConnected,
  UnexpectedTraffic,
  VerificationFailed,
  WaitTimedOut,
} from "./lib/errors.js";
export { Fault } from "./lib/faults.js";
export { WebSocketMock } from "./lib/mock.js";
export { Handshake, Rule, Script } from "./lib/rules.js";
