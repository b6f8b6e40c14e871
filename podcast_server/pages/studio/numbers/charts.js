// A picture of each table; the table says the same in words.
const data = JSON.parse(document.getElementById("chart-data").textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const drawn = [];

function draw(place) {
  const { labels, values, name } = data[place.dataset.chart];
  const times = labels.map((label) => Date.parse(label.length === 7 ? `${label}-01` : label) / 1000);
  place.replaceChildren();
  const form = labels[0]?.length === 7 ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" };
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { ...form, timeZone: "UTC" });
  const axis = { font: `12px ${getComputedStyle(document.body).fontFamily}`, stroke: colour("--soft"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
  const options = {
    width: place.clientWidth,
    height: 220,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    cursor: { drag: { x: false, y: false } },
    legend: { show: false }, // the table has the figures
    scales: { y: { range: (_chart, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [{ ...axis, space: 70, values: (_chart, splits) => splits.map((seconds) => day.format(seconds * 1000)) }, { ...axis, size: 56, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] }],
    series: [{}, { label: name, stroke: colour("--accent-strong"), width: 2, fill: "rgb(255 179 26 / 18%)", points: { show: labels.length < 40 } }],
  };
  drawn.push(new uPlot(options, [times, values], place));
}

const places = [...document.querySelectorAll("[data-chart]")];
for (const place of places) draw(place);
addEventListener("resize", () => {
  drawn.forEach((chart, number) => chart.setSize({ width: places[number].clientWidth, height: 220 }));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  drawn.length = 0;
  for (const place of places) draw(place);
});
