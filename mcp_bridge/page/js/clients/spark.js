import { count } from "../text.js";
import { html } from "../ui.js";
import { SECONDS } from "./rates.js";

const HEIGHT = 20;
const MIDDLE = HEIGHT / 2;

/** The last minute of a client: a bar for each second, up for what it sent, down for what it got. */
export function Spark({ counts }) {
  if (!counts) return html`<span class="note">none seen</span>`;
  const { received, sent } = counts;
  const most = Math.max(...received, ...sent);
  const sum = (list) => list.reduce((so, one) => so + one, 0);
  const label =
    `In the last minute ${count(sum(received))} from the client and ${count(sum(sent))} to it; ` +
    `at most ${count(most)} a second one way`;
  // A second with little traffic looks like little, not like the busiest one of a silent client.
  const unit = (MIDDLE - 1) / Math.max(most, 4);
  const bars = (list, sign) =>
    list
      .map((one, at) =>
        one ? `M${at * 2 + 1} ${MIDDLE}v${(sign * Math.max(1, one * unit)).toFixed(1)}` : "",
      )
      .join("");
  return html`
    <svg class="spark" role="img" aria-label=${label} width=${SECONDS * 2} height=${HEIGHT}>
      <title>${label}</title>
      <path class="axis" d="M0 ${MIDDLE}H${SECONDS * 2}" />
      <path class="received" d=${bars(received, -1)} />
      <path class="sent" d=${bars(sent, 1)} />
    </svg>
  `;
}
