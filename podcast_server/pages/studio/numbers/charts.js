// A picture of each table; the table says the same in words.
const data = JSON.parse(document.getElementById("chart-data").textContent);
const root = document.documentElement;
const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 5]];
const WHOLE = [1, 2, 5].flatMap((n) => [...Array(9).keys()].map((power) => n * 10 ** power)).sort((a, b) => a - b);

function numberOf(unit) {
  const style = unit === "share" ? { style: "percent" } : unit ? { style: "currency", currency: unit, maximumFractionDigits: 0 } : {};
  return new Intl.NumberFormat(root.lang, style);
}

function timeOf(label) {
  return Date.parse(label.length === 7 ? `${label}-01` : label) / 1000;
}

function dayOf(labels) {
  const form = labels[0].length === 7 ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(root.lang, { ...form, timeZone: "UTC" });
}

// A name that fits beside its bar.
function fit(context, name, width) {
  let text = name;
  while (text.length > 1 && context.measureText(text === name ? text : `${text}…`).width > width) text = text.slice(0, -1);
  return text === name ? text : `${text.trimEnd()}…`;
}

// What stands under the pointer, in words.
function sayUnder(place, chart) {
  const words = place.nextElementSibling;
  const number = numberOf(chart.unit);
  const day = chart.kind === "bars" ? null : dayOf(chart.labels);
  return (plot) => {
    const at = plot.cursor.idx;
    if (at === null || at === undefined) { words.textContent = ""; return; }
    const name = day ? day.format(timeOf(chart.labels[at]) * 1000) : chart.labels[at];
    const series = chart.kind === "bars" ? [...chart.series].reverse() : chart.series; // as the keys
    const said = series.filter((each) => each.values[at] !== null).map((each) => {
      const figure = number.format(Math.abs(each.values[at]));
      return chart.series.length > 1 ? `${each.name} ${figure}` : figure;
    });
    words.textContent = `${name}: ${said.join(" · ")}`;
  };
}

function looksOf() {
  const line = { stroke: colour("--line"), width: 1 };
  return { font: `13px ${getComputedStyle(document.body).fontFamily}`, stroke: colour("--soft"), grid: line, ticks: line };
}

function lines(chart) {
  const one = chart.series.length === 1;
  return chart.series.map((each) => ({
    label: each.name,
    stroke: colour(`--chart-${each.tone}`),
    width: 2.5,
    dash: DASHES[each.tone],
    ...(one ? { fill: `color-mix(in srgb, ${colour("--chart-0")} 16%, transparent)` } : {}),
    points: { show: chart.labels.length < 40, size: 7, fill: colour(`--chart-${each.tone}`) },
  }));
}

function bars(chart, width) {
  return chart.series.map((each) => ({
    label: each.name,
    stroke: colour("--chart-edge"),
    width: each.running ? 1 : 0,
    dash: each.running ? [4, 3] : [],
    fill: each.running ? colour("--raised") : colour(`--chart-${each.tone}`),
    paths: uPlot.paths.bars({ size: [0.7, width] }),
    points: { show: false },
  }));
}

function options(place, chart) {
  const looks = looksOf();
  const number = numberOf(chart.unit);
  const common = {
    width: place.clientWidth,
    height: place.clientHeight,
    cursor: { drag: { x: false, y: false }, points: { show: chart.kind === "time" } },
    legend: { show: false }, // the page has the names, and the table the figures
    hooks: { setCursor: [sayUnder(place, chart)] },
  };
  const amounts = { ...looks, values: (_plot, splits) => splits.map((split) => number.format(Math.abs(split))), ...(chart.unit === "share" ? {} : { incrs: WHOLE }) };
  if (chart.kind === "bars") {
    const names = Math.min(200, place.clientWidth * 0.4);
    return {
      ...common,
      scales: { x: { time: false, ori: 1, dir: -1, range: [-0.6, chart.labels.length - 0.4] }, y: { ori: 0, dir: 1, range: (_plot, _min, max) => [0, chart.unit === "share" ? 1 : Math.max(1, max * 1.05)] } },
      axes: [
        { ...looks, side: 3, size: names, gap: 8, grid: { show: false }, ticks: { show: false }, splits: () => chart.labels.map((_label, at) => at), values: (plot) => { plot.ctx.font = looks.font; return chart.labels.map((label) => fit(plot.ctx, label, names - 16)); } },
        { ...amounts, side: 2, space: 60 },
      ],
      series: [{}, ...bars(chart, 26)],
    };
  }
  const day = dayOf(chart.labels);
  const moves = chart.kind === "moves";
  const pad = 15 * 86400;
  return {
    ...common,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: {
      x: moves || chart.labels.length === 1 ? { range: (_plot, min, max) => [min - pad, max + pad] } : {},
      y: { range: (_plot, min, max) => [moves ? Math.min(-1, min * 1.1) : 0, Math.max(1, max * 1.1)] },
    },
    axes: [
      { ...looks, space: 70, values: (_plot, splits) => splits.map((split) => split === null ? null : day.format(split * 1000)), ...(chart.labels[0].length === 7 ? { splits: () => chart.labels.map(timeOf), filter: (plot, splits) => thin(plot, splits) } : {}) },
      { ...amounts, size: (_plot, values) => 16 + 8 * Math.max(4, ...(values ?? []).map((value) => value.length)) },
    ],
    series: [{}, ...(moves ? bars(chart, 30) : lines(chart))],
  };
}

// As many months as have room, the latest always.
function thin(plot, splits) {
  const each = Math.max(1, Math.ceil((splits.length * 70) / plot.width));
  return splits.map((split, at) => ((splits.length - 1 - at) % each ? null : split));
}

const places = [...document.querySelectorAll("[data-chart]")];
let drawn = [];

function draw() {
  drawn.forEach((plot) => plot.destroy());
  drawn = places.map((place) => {
    const chart = data[place.dataset.chart];
    const across = chart.kind === "bars" ? chart.labels.map((_label, at) => at) : chart.labels.map(timeOf);
    return new uPlot(options(place, chart), [across, ...chart.series.map((each) => each.values)], place);
  });
}

draw();
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return; // a phone's address bar went away
  width = innerWidth;
  draw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
