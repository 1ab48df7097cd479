// The words that only cards say.

import { type Tables, vocabulary } from "./words";

const EN = {
  up: "up",
  down: "down",
  neutral: "unchanged",
  points: "pp",
  over: "last {0}",
  vs_previous: "vs previous",
  vs_value: "vs {0}",
  vs_ago: "vs {0} ago",
  mean: "mean · {0}",
  max: "max · {0}",
  min: "min · {0}",
  sum: "sum · {0}",
  rate: "per second · {0}",
  about: "About {0}",
};

export type CardWord = keyof typeof EN;

const JA: Record<CardWord, string> = {
  up: "上昇",
  down: "下降",
  neutral: "変化なし",
  points: "ポイント",
  over: "直近 {0}",
  vs_previous: "前回比",
  vs_value: "対 {0}",
  vs_ago: "{0}前比",
  mean: "平均・{0}",
  max: "最大・{0}",
  min: "最小・{0}",
  sum: "合計・{0}",
  rate: "毎秒・{0}",
  about: "{0} について",
};

export const CARD_TABLES: Tables<CardWord> = { en: EN, ja: JA };

export const cardWords = vocabulary(CARD_TABLES);
