// Words: the few that widgets say themselves.

const EN = {
  loading: "Loading",
  no_data: "No data yet",
  live: "Live",
  stale: "No new data for {0}",
  paused: "Paused",
  error: "Error",
  kernel_gone: "Kernel not responding",
  pause: "Pause",
  resume: "Resume",
  warning: "Warning",
  critical: "Critical",
  up: "up",
  down: "down",
  neutral: "unchanged",
  over: "in {0}",
  hide: "Hide {0}",
  show: "Show {0}",
};

export type Word = keyof typeof EN;

const JA: Record<Word, string> = {
  loading: "読み込み中",
  no_data: "データ待ち",
  live: "受信中",
  stale: "{0}間更新なし",
  paused: "一時停止中",
  error: "エラー",
  kernel_gone: "カーネル応答なし",
  pause: "一時停止",
  resume: "再開",
  warning: "注意",
  critical: "危険",
  up: "上昇",
  down: "下降",
  neutral: "変化なし",
  over: "{0}間",
  hide: "{0} を隠す",
  show: "{0} を表示",
};

/** The words of a locale; English where we have none. */
export function words(locale: string): (word: Word, detail?: string) => string {
  const table = locale.toLowerCase().startsWith("ja") ? JA : EN;
  return (word, detail = "") => table[word].replace("{0}", detail);
}
