import type {
  Duration,
  EntryConditions,
  EntryKind,
  HandshakeConditions,
  MessageConditions,
  RuleConditions,
} from "./definitions.js";

export type * from "./definitions.js";

/** A message that is sent as it is. */
export type Message =
  | { json: unknown; text?: undefined; binary?: undefined }
  | { text: string; json?: undefined; binary?: undefined }
  | { binary: ArrayBuffer | ArrayBufferView; json?: undefined; text?: undefined };

/** What the action `send` sends. Texts are templates; other keys as in docs/mocks.md. */
export interface SentMessage {
  json?: unknown;
  text?: string;
  binary?: ArrayBuffer | ArrayBufferView | string;
  to?: "sender" | "others" | "all" | { group: string } | { client: string } | { endpoint: string };
  [option: string]: unknown;
}

export interface WaitOptions {
  /** Milliseconds; 3,000 if it is not given. */
  timeout?: number;
  /** Ends the wait. */
  signal?: AbortSignal;
}

export interface WaitForOptions extends WaitOptions {
  /** Only what comes later counts; without it, what has happened already in this test, too. */
  after?: Entry | number | "now" | "start";
}

export interface VerifyOptions {
  /** Exactly this number of times; 0: never. Without a number: at least once. */
  count?: number;
  atLeast?: number;
  atMost?: number;
  /** Milliseconds to wait until it holds; without it, it does not wait. */
  within?: number;
  /** Conditions on the times between the entries. */
  spacing?: { atLeast?: Duration; atMost?: Duration; grows?: boolean };
  signal?: AbortSignal;
}

export interface RejectOptions {
  headers?: Record<string, string>;
  body?: string;
}

/** A fault as in docs/mocks.md, or the name of a kind that needs no parameters. */
export type FaultDefinition = string | Record<string, unknown>;

/** A change of the mock. It is made when it is awaited; without `await` the next call fails. */
export interface Change<T> extends PromiseLike<T> {
  catch<R = never>(onFailed: (reason: unknown) => R | PromiseLike<R>): Promise<T | R>;
  finally(onSettled: () => void): Promise<T>;
}

/** What a mock, an endpoint and a connection can be asked about what happens there. */
export interface Observed {
  /** Return the matching entries, oldest first; without conditions, all. */
  traffic(conditions?: EntryConditions): Promise<Entry[]>;
  /** Return the traffic as a table for people. */
  transcript(): Promise<string>;
  /** Wait until something happens, and return its entry. */
  waitFor(conditions: EntryConditions, options?: WaitForOptions): Promise<Entry>;
  /** Wait until nothing that matches has happened for a time, by default 200 ms. */
  waitUntilQuiet(
    quiet?: Duration,
    conditions?: EntryConditions,
    options?: WaitOptions,
  ): Promise<void>;
  /** Verify how often something happened; return how often it did. */
  verify(conditions: EntryConditions, options?: VerifyOptions): Promise<number>;
  /** Verify that entries came in this order; gaps: whether others may come between them. */
  verifyOrder(
    entries: EntryConditions[],
    options?: { within?: number; gaps?: boolean; signal?: AbortSignal },
  ): Promise<void>;
}

/** A list of actions. Each method adds one and returns the list. Texts are templates. */
export class Actions {
  /** The actions, as in a mocks file. */
  documents: Record<string, unknown>[];
  send(message: SentMessage): this;
  ping(payload?: string): this;
  /** Start the closing handshake, by default with 1000. */
  close(code?: number, reason?: string): this;
  /** End the connection without a close frame: with RST, or with FIN. */
  abort(how?: "reset" | "close"): this;
  /** Do not answer. */
  ignore(): this;
  /** Wait before the rest of the list. */
  wait(time: Duration): this;
  /** Run actions later. The rest of the list does not wait for them. */
  after(delay: Duration, actions: Actions, options?: { name?: string }): this;
  /** Run actions again and again; templates see the turn as `repeat.index`. */
  every(
    interval: Duration,
    actions: Actions,
    options?: { count?: number; name?: string; [option: string]: unknown },
  ): this;
  /** End the `every` or `after` of this name. */
  stop(name: string): this;
  /** Run actions if a template expression such as "{{ vars.n == 1 }}" is true. */
  when(condition: string, actions: Actions, otherwise?: Actions): this;
  /** Run actions once for each item of a list, which templates see under the name. */
  forEach(items: string | unknown[], actions: Actions, options?: { name?: string }): this;
  /** Run actions with one of several values, which templates see under the name. */
  choose(
    values: Record<string, unknown>,
    by: string | string[],
    actions: Actions,
    otherwise?: Actions,
    options?: { name?: string },
  ): this;
  state(state: string): this;
  set(variables: Record<string, unknown>): this;
  join(group: string): this;
  leave(group: string): this;
  /** Say to which logical client the connection belongs. */
  identify(key: string): this;
  /** Raise a fault on this connection, from now on. */
  raiseFault(fault: FaultDefinition): this;
  /** Add actions as in a mocks file: do({send: {text: "hi"}}). */
  do(...documents: (Record<string, unknown> | string)[]): this;
}

/** Return an empty list of actions, for `after`, `every`, `when`, `forEach` and `choose`. */
export function actions(): Actions;

/** A rule of an endpoint. Await it: await endpoint.on({text: "hi"}).send({text: "hello"}). */
export class Rule extends Actions implements Change<void> {
  private constructor();
  /** Expect that it has fired at the end of the test; without a count, at least once. */
  expect(count?: number): this;
  then: Change<void>["then"];
  catch: Change<void>["catch"];
  finally: Change<void>["finally"];
}

/** An ordered conversation, instead of rules. Await it after its last step. */
export class Script extends Actions implements Change<void> {
  private constructor();
  /** Expect the next message of the client; without conditions, any message. */
  expect(conditions?: MessageConditions, options?: { within?: Duration }): this;
  then: Change<void>["then"];
  catch: Change<void>["catch"];
  finally: Change<void>["finally"];
}

/** A rule for the opening handshake. Await its outcome. */
export class Handshake {
  private constructor();
  /** Answer with an HTTP status from 200 to 599, by default 403, and open no connection. */
  reject(status?: number, options?: RejectOptions): Change<void>;
  accept(options?: { headers?: Record<string, string>; subprotocol?: string }): Change<void>;
  /** Wait this long, then go on with the next rule. */
  stall(time?: Duration | "forever"): Change<void>;
  abort(how?: "reset" | "close"): Change<void>;
}

/** A fault in force. */
export class Fault {
  private constructor();
  readonly name: string;
  clear(): Change<void>;
}

/** One entry of the traffic. Its content is null where it has none: a handshake has no text. */
export class Entry {
  private constructor();
  /** Its number in the journal of the server. */
  readonly seq: number;
  readonly time: Date;
  readonly kind: EntryKind;
  /** received: from the client; sent: to it. */
  readonly direction: "received" | "sent" | null;
  /** The id of the connection; null for a handshake that was refused. */
  readonly client: string | null;
  readonly endpoint: string | null;
  /** The number of the connection of the same client, from 1. */
  readonly attempt: number;
  /** The bytes of the whole payload. */
  readonly size: number | null;
  /** What else is known, by its kind: status, headers, code, reason, rule, passed, … */
  readonly details: Record<string, any>;
  readonly text: string | null;
  /** The content of a binary message, a ping or a pong. */
  readonly data: Buffer | null;
  /** Whether the journal has only the beginning of the payload. */
  readonly isTruncated: boolean;
  /** The text, read as JSON. Throws if it has none, or it is not JSON. */
  get json(): any;
  get path(): string | null;
  get query(): Record<string, string>;
  /** The request headers of a handshake, by their names in lower case; credentials masked. */
  get headers(): Record<string, string>;
  get status(): number | null;
  get code(): number | null;
  get reason(): string | null;
  /** The milliseconds since the entry before it of the same kind and client; null: the first. */
  gap(): Promise<number | null>;
}

/** One connection of a client, which the test drives. */
export interface Conversation extends Observed {}
export class Conversation {
  private constructor();
  readonly client: string;
  readonly attempt: number;
  /** Wait for the next message of the client that matches, each message once. */
  receive(conditions?: MessageConditions, options?: WaitOptions): Promise<Entry>;
  send(message: Message): Promise<void>;
  /** Start the closing handshake. Resolves at once; see `expectClose`. */
  close(code?: number, reason?: string): Promise<void>;
  abort(how?: "reset" | "close"): Promise<void>;
  /** Wait until the connection has ended, with this code or with any. */
  expectClose(code?: number, options?: WaitOptions): Promise<Entry>;
  fault(fault: FaultDefinition): Change<Fault>;
}

/** The other keys of an endpoint in a mocks file, such as subprotocols, unmatched and rules. */
export interface EndpointOptions {
  /** Its name in the traffic; by default its path. */
  name?: string;
  [key: string]: unknown;
}

/** A path of a mock server, and how connections to it are answered. */
export interface Endpoint extends Observed {}
export class Endpoint {
  private constructor();
  readonly name: string;
  readonly path: string;
  /** What is probably a mistake in the current definition. */
  readonly warnings: string[];
  /** The endpoint as in a mocks file. */
  get document(): Record<string, unknown>;
  /** The names of the rules in force, or their places such as rules[0], as in the traffic. */
  get labels(): string[];
  /** Whether nothing answers messages, so that the test receives them itself. */
  get isManual(): boolean;

  /** Add a rule for messages of the client; without conditions, for every message. */
  on(conditions?: RuleConditions): Rule;
  onConnect(conditions?: RuleConditions): Rule;
  onPing(conditions?: RuleConditions): Rule;
  onClose(conditions?: RuleConditions): Rule;
  /** Add a rule that fires when the client has been silent for a time. */
  onIdle(after: Duration, conditions?: RuleConditions): Rule;
  /** Add a rule that fires when a connection has been open for a time, and again. */
  onTimer(after: Duration, options?: RuleConditions & { interval?: Duration }): Rule;
  /** Add a rule for the opening handshake: await handshake({attempt: 1}).reject(503). */
  handshake(conditions?: HandshakeConditions): Handshake;
  /** Return the script of the endpoint, to add steps to it. */
  script(): Script;
  /** Expect that a rule of the options has fired at the end; without a count, at least once. */
  expect(rule: string, count?: number): this;
  fault(fault: FaultDefinition): Change<Fault>;
  /** Remove the endpoint. Its connections stay open, but nothing answers them. */
  remove(): Change<void>;

  /** Return the address for clients, with a value for each {name} of the path. */
  url(
    parameters?: Record<string, string | number>,
    options?: { query?: Record<string, string> },
  ): string;
  /** Return the address for TLS clients (wss://); throws MockError if the server has no TLS. */
  secureUrl(
    parameters?: Record<string, string | number>,
    options?: { query?: Record<string, string> },
  ): string;
  /** Return how often each rule has fired, by its name or its place (rules[0]). */
  fired(): Promise<Record<string, number>>;
  clients(): Promise<Record<string, any>[]>;
  /** Return which rule a message would make fire, and why the others would not. */
  explain(message: Message): Promise<string>;

  /** Wait for the next connection, in the order in which they opened, each once. */
  accept(options?: WaitOptions): Promise<Conversation>;
  /** Send a message to the connected clients now; return how many they are. */
  push(message: Message): Promise<number>;
  close(code?: number, reason?: string): Promise<number>;
  abort(how?: "reset" | "close"): Promise<number>;
}

export interface MockOptions {
  /** Whether the final check fails for messages and connections that nobody expected. */
  strict?: boolean;
  /** The seed of all random choices. */
  seed?: number | string;
  /** Ends all waits of the mock, such as the signal of a test. */
  signal?: AbortSignal;
}

export interface StartOptions extends MockOptions {
  /** The program and its first arguments; by default that of WEBSOCKET_MOCK_COMMAND. */
  command?: string | string[];
  /** More flags of the command line. */
  flags?: string[];
  /** Settings of the server, by the names of its configuration file. */
  settings?: Record<string, string | number | boolean>;
}

export interface ConnectOptions extends MockOptions {
  /** The bearer token; by default that of MCP_TOKEN. */
  token?: string;
  /** The authority to trust if the url is https://, as PEM; by default WEBSOCKET_MOCK_CA_FILE. */
  caFile?: string;
}

/** A mock server, or one namespace of it. */
export interface WebSocketMock extends Observed {}
export class WebSocketMock {
  private constructor();
  /** Start a server as a child, which ends with this process. Takes a second or two. */
  static start(options?: StartOptions): Promise<WebSocketMock>;
  /** Use a server that runs, by default that of WEBSOCKET_MOCK_URL. */
  static connect(url?: string, options?: ConnectOptions): Promise<WebSocketMock>;
  /** Connect to the server of WEBSOCKET_MOCK_URL if the variable is set, or else start one. */
  static open(options?: StartOptions & ConnectOptions): Promise<WebSocketMock>;
  /** Return a mock with endpoints, traffic and attempts of its own on the same server. */
  newNamespace(options?: MockOptions & { name?: string }): Promise<WebSocketMock>;
  /** Remove a namespace and close its clients; stop the server if it was started here. */
  stop(): Promise<void>;

  /** The address of the control plane, such as http://127.0.0.1:8004. */
  get address(): string;
  get namespace(): string | null;

  /** Add an endpoint; {name} in its path captures one segment. */
  endpoint(path: string, options?: EndpointOptions): Promise<Endpoint>;
  /**
   * Put the endpoint of a dialect in force, a ready-made mock for a well-known protocol, with values
   * of its parameters: await mock.dialect("json-rpc", {path: "/rpc"}). Rules that are added to it come
   * in front of those of the dialect, which says all else that it does.
   */
  dialect(dialect: string, parameters?: Record<string, unknown>): Promise<Endpoint>;
  /** Set a fault on open and future connections: await mock.fault({latency: {mean: "80ms"}}). */
  fault(fault: FaultDefinition): Change<Fault>;
  /** Reset parts of the mock; without any: traffic, faults, attempts and state. */
  reset(
    ...what: ("traffic" | "faults" | "mocks" | "attempts" | "state" | "variables")[]
  ): Change<void>;

  /** Return the address for clients of a path. */
  url(path?: string): string;
  /** Return the address for TLS clients (wss://); throws MockError if the server has no TLS. */
  secureUrl(path?: string): string;
  /**
   * The file with the authority that TLS clients must trust, on the machine of the server; null:
   * the server has no authority of its own.
   */
  get caFile(): string | null;
  /** Return the certificate of that authority as PEM: new WebSocket(url, {ca: await mock.ca()}). */
  ca(): Promise<string | null>;
  clients(): Promise<Record<string, any>[]>;
  /** Run the final check: fail for what the test did not expect. */
  check(): Promise<void>;

  /** Send a message to all connected clients, or to a group; return how many they are. */
  push(message: Message, options?: { group?: string }): Promise<number>;
  close(code?: number, reason?: string, options?: { group?: string }): Promise<number>;
}

/** The mock cannot do what the test asks. The text says what to do. */
export class MockError extends Error {}

/** A definition is not valid. Nothing was changed. */
export class BadDefinition extends MockError {
  private constructor();
  /** One line for each problem, with its place. */
  readonly problems: string[];
}

/** There is no client to send to or to drive. */
export class NotConnected extends MockError {}

/** What the test expects did not happen. */
export class MockAssertionError extends Error {}

/** Something did not happen in time. */
export class WaitTimedOut extends MockAssertionError {}

/** A verification failed. */
export class VerificationFailed extends MockAssertionError {}

/** The final check found something that the test did not expect. */
export class UnexpectedTraffic extends MockAssertionError {
  private constructor();
  readonly problems: string[];
}
