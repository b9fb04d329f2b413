/** The status: where the server is, whether it is well, how busy it is. */

import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { refreshServer, server } from "../store/server.js";
import { bytes, count, duration } from "../text.js";
import { html, useEffect } from "../ui.js";
import { Chart } from "./chart.js";
import { Faults } from "./faults.js";
import { columns } from "./samples.js";
import { Trust } from "./trust.js";

const EVERY_MS = 1_000;

export function View() {
  useEffect(() => {
    refreshServer();
    const timer = setInterval(() => document.hidden || refreshServer(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const status = server.value;
  if (!status) return html`<p class="empty" role="status">The server has not answered yet.</p>`;
  return html`
    <section class="status" aria-label="Status">
      <${Charts} />
      <div class="columns">
        <${Address} status=${status} />
        <${Totals} status=${status} />
        <${Health} health=${status.health} />
      </div>
      ${status.websocket_server.secure_url && html`<${Trust} found=${status.websocket_server} />`}
      <${Faults} />
    </section>
  `;
}

const perSecond = (value) => `${short(value)}/s`;
const short = (value) =>
  value >= 100 || Number.isInteger(value) ? count(Math.round(value)) : value.toFixed(1);

function Charts() {
  const [times, received, sent, connected, clients, memory, processor] = columns.value;
  return html`
    <div class="charts">
      <${Chart} title="Messages" times=${times} show=${perSecond} series=${[
        { name: "received", colour: "--received", values: received },
        { name: "sent", colour: "--sent", values: sent },
      ]} />
      <${Chart} title="New connections" times=${times} show=${perSecond}
        series=${[{ name: "opened", colour: "--accent", values: connected }]} />
      <${Chart} title="Clients" times=${times} show=${short}
        series=${[{ name: "connected", colour: "--accent", values: clients }]} />
      <${Chart} title="Memory" times=${times} show=${(value) => `${short(value)} MB`}
        series=${[{ name: "resident", colour: "--rule", values: memory }]} />
      <${Chart} title="Processor" times=${times} show=${(value) => `${short(value)} %`}
        series=${[{ name: "of one core", colour: "--fault", values: processor }]} />
    </div>
  `;
}

function Address({ status: { websocket_server: found, mcp_server, process } }) {
  return html`
    <section aria-label="Server">
      <h2>Server</h2>
      <dl class="facts">
        ${fact(
          "WebSocket",
          found.is_running
            ? html`<code>${found.url}</code> <${CopyButton} text=${found.url} what="the address" />`
            : html`<span class="bad"><${Icon} name="failed" />${found.reason}</span>`,
        )}
        ${fact("Control", html`<code>${location.origin}</code>`)}
        ${fact("Version", mcp_server.mcp_server_version)}
        ${fact("Runs for", duration(found.stats.uptime_seconds * 1000))}
        ${fact("Started", new Date(found.stats.start_time).toLocaleString())}
        ${fact("Threads", count(process.threads))}
        ${fact("Processor time", duration(process.cpu_seconds * 1000))}
      </dl>
    </section>
  `;
}

function Totals({ status: { websocket_server, journal } }) {
  const { stats } = websocket_server;
  return html`
    <section aria-label="Totals">
      <h2>Since the start</h2>
      <dl class="facts">
        ${fact("Connections", count(stats.total_connections))}
        ${fact("Received", `${count(stats.total_messages)} messages, ${bytes(stats.bytes_received)}`)}
        ${fact("Sent", `${count(stats.messages_sent)} messages, ${bytes(stats.bytes_sent)}`)}
        ${fact("Broadcasts", count(stats.broadcasts))}
        ${fact("Errors", html`<span class=${stats.errors ? "bad" : ""}>${count(stats.errors)}</span>`)}
        ${fact("Journal", `${count(journal.entries)} entries, ${bytes(journal.bytes)}`)}
        ${fact("Newest entry", `#${count(journal.last)}`)}
      </dl>
    </section>
  `;
}

function Health({ health }) {
  return html`
    <section aria-label="Health">
      <h2>Health ${
        health.healthy
          ? html`<span class="good"><${Icon} name="passed" />all parts answer</span>`
          : html`<span class="bad"><${Icon} name="failed" />not all parts answer</span>`
      }</h2>
      <table>
        <thead><tr><th>Part</th><th>State</th><th>Answered in</th></tr></thead>
        <tbody>
          ${health.checks.map(
            ({ name, healthy, answer_ms, reason }) => html`
            <tr key=${name}>
              <td>${name}</td>
              <td class=${healthy ? "good" : "bad"}><${Icon} name=${healthy ? "passed" : "failed"} />${healthy ? "well" : reason}</td>
              <td class="number">${answer_ms === null ? "–" : `${answer_ms.toFixed(1)} ms`}</td>
            </tr>
          `,
          )}
        </tbody>
      </table>
    </section>
  `;
}

const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
