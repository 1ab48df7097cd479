// The header of a dashboard, and what it holds.

import { afterEach, beforeEach, expect, it } from "vitest";
import { Dashboard } from "../src/dashboard";
import { EventLog } from "../src/events";
import { MetricCard } from "../src/metric";
import { find, Stage, state, text } from "./stage";

let stage: Stage;
let traits: Record<string, unknown>;
let card: Record<string, unknown>;
let header: HTMLElement;
let a: HTMLElement;
let log: HTMLElement;

const button = () => find(header, ".rw-button");
const value = () => text(a, ".rw-value");
const click = (on = button()) => {
  on.click();
  stage.clock.draw();
};
const number = (value: number) => ({ value, level: "normal", newest: 1, series: ["v"] });

beforeEach(() => {
  stage = new Stage({ dashboard: Dashboard, metric: MetricCard, events: EventLog });
  traits = { title: "Machine", _members: ["a", "log"] };
  card = {
    icon: "",
    sparkline: false,
    reduce: "last",
    _compare: { kind: "window", value: 0 },
    _format: { name: "number" },
    _window: { seconds: 60 },
  };
  header = stage.show("h", "dashboard", traits);
  a = stage.show("a", "metric", card);
  log = stage.show("log", "events", { max_rows: 50, height: 240, level: "info", _stream: "" });
  stage.put("h", { age: null }, [1, 0, true]);
  stage.put("a", number(1));
  stage.put("log", { rows: [[1, 1, "info", "", "x"]], cleared: 0 });
});

afterEach(() => stage.end());

it("has its title and a button", () => {
  expect([state(header), text(header, ".rw-title"), button().textContent]).toEqual([
    "live",
    "Machine",
    "Pause all",
  ]);
});

it("has no button when there is nothing to hold", () => {
  stage.set("h", "_members", []);
  expect([button().hidden, state(header)]).toEqual([true, "live"]);
});

it("holds every picture at once, without the kernel, and each says so", () => {
  click();
  expect([state(header), state(a), state(log)]).toEqual(["paused", "paused", "paused"]);
  expect([button().textContent, text(header, ".rw-status"), text(a, ".rw-status")]).toEqual([
    "Resume all",
    "Paused",
    "Paused",
  ]);
  stage.put("a", number(2), [2, 2, true]);
  expect(value()).toBe("1");
  expect(stage.asked).toEqual([]);
});

it("lets all go on with the newest", () => {
  click();
  stage.put("a", number(2), [2, 2, true]);
  click();
  expect([state(header), state(a), value()]).toEqual(["live", "live", "2"]);
});

it("offers to hold all again once one of them goes on by itself", () => {
  click();
  click(find(log, ".rw-tools > :last-child"));
  expect([state(log), state(a), state(header), button().textContent]).toEqual([
    "live",
    "paused",
    "live",
    "Pause all",
  ]);
});

it("keeps a widget held whose notebook was closed and opened again", () => {
  click();
  stage.models.delete("a");
  a = stage.show("a", "metric", card);
  stage.put("a", number(2), [2, 2, true]);
  expect(state(a)).toBe("paused");
});

it("asks the kernel where the kernel holds them", () => {
  traits.paused = true;
  stage.pass(1);
  expect([state(header), button().textContent]).toEqual(["paused", "Resume all"]);
  click();
  expect(stage.asked).toEqual([["h", "resume"]]);
});

it("speaks Japanese", () => {
  stage.set("h", "locale", "ja");
  expect(button().textContent).toBe("すべて一時停止");
});

it("says when it has no title: alone, it is then no empty bar", () => {
  const bar = find(header, ".rw-dashboard");
  expect(bar.hasAttribute("data-rw-untitled")).toBe(false);
  stage.set("h", "title", "");
  expect(bar.hasAttribute("data-rw-untitled")).toBe(true);
});

it("makes the box around a region of its title, or else a group", () => {
  const box = document.body.appendChild(document.createElement("div"));
  box.className = "rw-board";
  box.append(header);
  const told = () => ["role", "aria-label", "data-rw-build"].map((name) => box.getAttribute(name));
  stage.page.show(stage.models.get("h")!, box.appendChild(document.createElement("div")), stage.life.signal);
  stage.clock.draw();
  expect(told()).toEqual(["region", "Machine", "test"]);
  stage.set("h", "title", "");
  expect(told()).toEqual(["group", "Dashboard", "test"]);
});
