// Draws what a table says: how many began in each stretch of time, and what has become of them. The table stays for
// whoever can't see, or rather reads numbers.
"use strict";
(() => {
  const HEIGHT = 220;
  const figure = document.getElementById("chart");
  const table = document.getElementById("stretches");
  if (!figure || !table) return;

  const number = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
  const rows = Array.from(table.tBodies[0].rows).map((row) => Array.from(row.cells).map(number));
  const column = (place) => rows.map((row) => row[place]);
  const [times, complete, running, wrong] = [0, 1, 2, 3].map(column);
  const stacked = (...columns) => times.map((_, row) => columns.reduce((sum, it) => sum + it[row], 0));
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars({ size: [0.8, 40] });
  const series = (label, values, mark) => ({
    label, paths: bars, points: { show: false }, width: 0, fill: colour(mark),
    value: (_, __, ___, row) => (row === null ? "–" : values[row].toLocaleString("en")),
  });
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };

  const two = (number) => String(number).padStart(2, "0");
  const clock = (seconds) => {
    const at = new Date(seconds * 1000);
    const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
    return time === "00:00" ? `${at.getUTCDate()} ${at.toLocaleString("en", { month: "short", timeZone: "UTC" })}` : time;
  };

  // The highest bar is drawn first, the others over it.
  const draw = () => new uPlot({
    width: figure.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
    series: [
      { label: "Began", value: (_, at) => (at === null ? "point at a bar" : `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`) },
      series("wrong", wrong, "--mark-red"),
      series("running", running, "--mark-blue"),
      series("complete", complete, "--mark-green"),
    ],
    axes: [{ ...axis, values: (_, ticks) => ticks.map(clock) }, { ...axis, size: 60, incrs: [1, 2, 5].flatMap((it) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((power) => it * 10 ** power)).sort((a, b) => a - b), values: (_, ticks) => ticks.map((it) => it.toLocaleString("en")) }],
  }, [times, stacked(complete, running, wrong), stacked(complete, running), complete], figure);

  const chart = draw();
  new ResizeObserver(() => {
    if (figure.clientWidth !== chart.width) chart.setSize({ width: figure.clientWidth, height: HEIGHT });
  }).observe(figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());
})();
