/** A chart of the last minutes. Its newest values are beside it as text. */

import { timeOfDay } from "../text.js";
import { theme } from "../theme.js";
import { html, useEffect, useRef } from "../ui.js";

const HEIGHT = 150;
const LONGEST_SECONDS = 600;
const SHORTEST_SECONDS = 60;
const DASHES = [[], [5, 3]];

let loading = null;
const loadChart = () => (loading ??= import("../../vendor/chart.js"));

/**
 * Props: `title`; `series`: `{name, colour, values}`, where colour is a property of the style;
 * `times`; `show`: the text of a value.
 */
export function Chart({ title, series, times, show }) {
  const host = useRef(null);
  const chart = useRef(null);
  const data = useRef(null);
  data.current = [times, ...series.map(({ values }) => values)];
  useEffect(() => {
    let isGone = false;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = () => {
      chart.current?.destroy();
      loadChart().then(({ uPlot }) => {
        if (!isGone) chart.current = make(uPlot, host.current, series, data.current, show);
      });
    };
    draw();
    dark.addEventListener("change", draw);
    const sized = new ResizeObserver(([{ contentRect }]) => {
      chart.current?.setSize({ width: contentRect.width, height: HEIGHT });
    });
    sized.observe(host.current);
    return () => {
      isGone = true;
      dark.removeEventListener("change", draw);
      sized.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [theme.value]);
  useEffect(() => chart.current?.setData(data.current), [times]);
  return html`
    <figure class="chart">
      <figcaption>
        <h2>${title}</h2>
        ${series.map(
          ({ name, colour, values }, at) => html`
          <span><svg class="sample" aria-hidden="true" viewBox="0 0 20 8" style=${{ color: `var(${colour})` }}>
            <path d="M0 4h20" stroke-dasharray=${DASHES[at].join(" ")} /></svg>${name}
            <strong>${values.at(-1) == null ? "–" : show(values.at(-1))}</strong></span>
        `,
        )}
      </figcaption>
      <div class="plot" ref=${host} aria-hidden="true"></div>
    </figure>
  `;
}

function make(uPlot, host, series, data, show) {
  const font = `11px ${getComputedStyle(host).fontFamily}`;
  const line = { stroke: () => resolve(host, "--line"), width: 1 };
  const axis = { stroke: () => resolve(host, "--soft"), font, grid: line, ticks: line };
  const options = {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_chart, least, most) => rangeOf(least, most) },
      y: { range: (_chart, _least, most) => [0, Math.max(1, (most ?? 0) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        space: 80,
        values: (_chart, ticks) => ticks.map((at) => timeOfDay(at * 1000).slice(0, 8)),
      },
      { ...axis, size: 64, values: (_chart, ticks) => ticks.map(show) },
    ],
    series: [
      {},
      ...series.map(({ colour: name }, at) => ({
        stroke: () => resolve(host, name),
        width: 2,
        dash: DASHES[at],
        points: { show: false },
      })),
    ],
  };
  return new uPlot(options, data, host);
}

/** The first minutes fill the chart; later it goes on. */
function rangeOf(least, most) {
  const begin = Math.max(least ?? 0, (most ?? 0) - LONGEST_SECONDS);
  return [begin, Math.max(begin + SHORTEST_SECONDS, most ?? 0)];
}

/** The colour of a property as the canvas takes it: it does not know `light-dark`. */
function resolve(host, name) {
  host.style.setProperty("accent-color", `var(${name})`);
  const colour = getComputedStyle(host).accentColor;
  host.style.removeProperty("accent-color");
  return colour;
}
