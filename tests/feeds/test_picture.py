"""The picture of a line: drawn from buckets, in a real browser, beside the line of all its records."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from realtime_widgets.browser.frames import Frame, Part, pack
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.windows import Window, points
from realtime_widgets.streams import Stream

pytestmark = pytest.mark.browser

JS = Path(__file__).parents[2] / "js"
WIDTH, HEIGHT = 700, 240
T0 = 1_795_000_000.0
TOLERANCE = 24
"""Of the 255 steps of a pixel's ink: what the browser's rounding of slanted edges comes to."""

ENTRY = """
import uPlot from "uplot";
import { Buckets } from "./src/lib/draw/buckets";
import { lines } from "./src/lib/draw/lines";
import { strokes } from "./src/lib/draw/strokes";
import { decode } from "./src/lib/hop/frames";

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float64Array(bytes(text).buffer);

function ink(span, range, series, data) {
  const el = document.createElement("div");
  document.body.append(el);
  const plot = new uPlot({
    width: WIDTH, height: HEIGHT, legend: { show: false }, cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false, range: () => span }, y: { range: () => range } },
    series: [{}, { stroke: "#000", fill: "#000", points: { show: false }, ...series }],
  }, data, el);
  return new Promise((done) => setTimeout(() => {
    const { width, height } = plot.ctx.canvas;
    const { data } = plot.ctx.getImageData(0, 0, width, height);
    const stroke = plot.series[1].width;
    plot.destroy();
    el.remove();
    done([data, stroke]);
  }));
}

window.differing = async (content, buffer, span, x, y) => {
  const buckets = new Buckets();
  const [part] = decode(content, [new DataView(bytes(buffer).buffer)]).parts;
  buckets.replace(part);
  const [all, values] = [floats(x), floats(y)];
  const finite = values.filter((value) => !Number.isNaN(value));
  const [least, most] = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
  const room = (most - least || 1) / 20;
  const range = [least - room, most + room];
  const [line] = lines(buckets, buckets.series[0]);
  const [drawn, width] = await ink(span, range, { width: 1, paths: strokes(() => line, { dash: "solid" }) }, [span, range]);
  const raw = [...values].map((value) => (Number.isNaN(value) ? null : value));
  const apart = WIDTH / (all.filter((each) => each >= span[0]).length + 1) > 14; // as `strokes` has it
  const dots = { show: apart, size: 5, width: 0, fill: "#000" };
  const [true_] = await ink(span, range, { width, fill: undefined, points: dots }, [all, raw]);
  let differ = 0;
  let inked = 0;
  for (let i = 3; i < drawn.length; i += 4) {
    if (Math.abs(drawn[i] - true_[i]) > TOLERANCE) differ++;
    if (true_[i]) inked++;
  }
  return [differ / (drawn.length / 4), inked / (drawn.length / 4)];
};
"""


@pytest.fixture(scope="module")
def plots(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    entry = (
        ENTRY.replace("WIDTH", str(WIDTH)).replace("HEIGHT", str(HEIGHT)).replace("TOLERANCE", str(TOLERANCE))
    )
    bundle = tmp_path_factory.mktemp("picture") / "picture.js"
    command = ["npx", "--no-install", "esbuild", "--bundle", "--format=iife", f"--outfile={bundle}"]
    subprocess.run([*command, "--loader=js"], input=entry, text=True, cwd=JS, check=True, capture_output=True)
    page = browser.new_page()
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(path=str(bundle))
    yield page
    page.close()


def values(kind: str, n: int) -> NDArray[np.float64]:
    rng, at = np.random.default_rng(7), np.arange(n) / n
    match kind:
        case "smooth":
            return np.sin(at * 20) + 0.3 * np.sin(at * 77)
        case "noisy":
            return rng.random(n)
        case "sparse":
            return (rng.random(n) < 20 / n).astype(float)
        case "stepped":
            return np.floor(at * 37.3) * 7 % 5
        case "walk":
            return np.cumsum(rng.standard_normal(n))
        case _:
            broken = rng.standard_normal(n).cumsum()
            broken[np.floor(at * 50) % 5 == 0] = np.nan
            return broken


def differing(
    page: Page, x: NDArray[np.float64], y: NDArray[np.float64], window: Window
) -> tuple[float, float]:
    """Shares of pixels that differ, and that are drawn at all."""
    stream = Stream("s", max_points=None)
    stream.extend({"ts": x, "value": y})
    line = SeriesFeed(stream, None, window)
    line.resize(WIDTH)
    payload = line.take(True, 0.0)
    content, (buffer,) = pack(Frame(1, T0, (Part("w", "0", payload),)))
    if isinstance(window, float):
        span = [float(x[-1]) - window, float(x[-1])]
    else:
        x = np.arange(1.0, len(x) + 1)
        span = [x[0], x[-1]]
    encoded = (base64.b64encode(array.tobytes()).decode() for array in (x, y))
    arguments = [content, base64.b64encode(buffer).decode(), span, *encoded]
    return tuple(page.evaluate("a => differing(...a)", arguments))


@pytest.mark.parametrize("kind", ["smooth", "noisy", "sparse", "stepped", "walk", "broken"])
@pytest.mark.parametrize("per_pixel", [0.1, 1, 3, 5, 11, 40, 1000])
def test_the_picture_of_a_window_of_time_is_that_of_all_its_records(
    plots: Page, kind: str, per_pixel: float
) -> None:
    n = int(per_pixel * WIDTH * 1.3)
    x = T0 + 0.37 + np.arange(n) / per_pixel  # a second is a pixel
    differ, drawn = differing(plots, x, values(kind, n), float(WIDTH))
    assert drawn > 0.002
    assert differ <= 0.01


BURSTS = {
    "of_four": ([0, 0.001, 0.002, 0.003], [5.0, 0.0, 10.0, 5.0]),
    "at_one_moment": ([0] * 5, [4.0, 5.0, 0.0, 3.0, 1.0]),
    "of_many": (np.linspace(0, 0.2, 9), np.random.default_rng(3).random(9)),
    "across_buckets": (np.linspace(0, 3, 9), np.random.default_rng(4).random(9)),
}


@pytest.mark.parametrize("kind", BURSTS)
@pytest.mark.parametrize("pause", [8, 20, 90])
def test_the_picture_of_bursts_is_that_of_all_their_records(plots: Page, kind: str, pause: int) -> None:
    offsets, shape = BURSTS[kind]
    rng, n = np.random.default_rng(5), 3 * WIDTH // pause
    begins = T0 + np.cumsum(pause * rng.uniform(0.5, 1.5, n))
    x = (begins[:, None] + offsets).ravel()
    y = (np.asarray(shape) * rng.uniform(0.5, 1, n)[:, None] + np.arange(n)[:, None] / n).ravel()
    differ, drawn = differing(plots, np.sort(x), y, float(WIDTH))
    assert drawn > 0.002
    assert differ <= 0.01


@pytest.mark.parametrize("kind", ["smooth", "noisy", "stepped"])
@pytest.mark.parametrize("n", [50, 1_200, 30_000])
def test_the_picture_of_a_window_of_records_is_that_of_all_records(plots: Page, kind: str, n: int) -> None:
    differ, drawn = differing(plots, np.full(n, T0), values(kind, n), points(100_000))
    assert drawn > 0.002
    assert differ <= 0.01
