// ProgressWords: what progress cards say, in the code of their kind.

import { type Tables, vocabulary } from "./words";

const EN = {
  progress: "Progress",
  done: "Done",
  failed: "Failed",
  stopped: "Stopped",
  why: "{0}: {1}",
  item: "it",
  rate: "{0} {1}/s",
  bytes_rate: "{0}/s",
  each: "{0}/{1}",
  elapsed: "{0} elapsed",
  took: "took {0}",
  left: "{0} left",
  no_seconds: "0 s",
  run: "run {0}",
  more: "… {0} more",
};

export type ProgressWord = keyof typeof EN;

export const PROGRESS_TABLES: Tables<ProgressWord> = {
  en: EN,
  ja: {
    progress: "進行状況",
    done: "完了",
    failed: "失敗",
    stopped: "中止",
    why: "{0}（{1}）",
    item: "件",
    rate: "{0} {1}/秒",
    bytes_rate: "{0}/秒",
    each: "{0}/{1}",
    elapsed: "経過 {0}",
    took: "所要 {0}",
    left: "残り {0}",
    no_seconds: "0 秒",
    run: "{0} 回目",
    more: "… 他 {0} 件",
  },
};

export const progressWords = vocabulary(PROGRESS_TABLES);
