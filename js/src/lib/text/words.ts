// Words: the few that widgets say themselves.

const EN = {
  loading: "Loading",
  no_data: "No data yet",
  live: "Live",
  stale: "Last data {0} ago",
  no_new_data: "No new data",
  quiet_why: "Data usually come within {0}",
  missing: "Data missing",
  paused: "Paused",
  error: "Error",
  kernel_gone: "Kernel not responding",
  kernel_ended: "Kernel stopped: run the cell again",
  not_drawn: "This could not be drawn. Reload the page, or run the cell again. ({0})",
  pause: "Pause",
  resume: "Resume",
  pause_named: "Pause {0}",
  resume_named: "Resume {0}",
  named: "{0}: {1}",
  warning: "Warning",
  normal: "Normal",
  unit_d: "d",
  unit_h: "h",
  unit_min: "min",
  unit_s: "s",
  says: "{0}: {1}",
  others: "{0} others",
  and_value: "{0}, {1}",
  chart: "Chart",
  metric: "Metric",
  events: "Event log",
  connection: "Connection",
  dashboard: "Dashboard",
  notifications: "Notifications",
  chat: "Chat",
  hide: "Hide {0}",
  show: "Show {0}",
  only_this: "{0} (double-click or Shift: only this line)",
  lines: "Lines",
  by_value: "Sort by value",
  more_lines: "… {0} more",
  last: "Last",
  min: "Min",
  max: "Max",
  mean: "Mean",
  table: "Table of values",
  time: "Time",
  newest_rows: "the newest {0} of {1} rows",
  from_to: "{0} to {1}",
  line_summary: "{0}: {1}, from {2} to {3}",
  line_value: "{0} {1}",
  pause_all: "Pause all",
  resume_all: "Resume all",
  pause_all_named: "Pause all: {0}",
  resume_all_named: "Resume all: {0}",
  connecting: "Connecting…",
  connected: "Connected",
  unreadable: "Connected, data unreadable",
  reconnecting: "Reconnecting…",
  attempt: "Reconnecting ({0})…",
  attempt_in: "Reconnecting ({0}) in {1} s",
  disconnected: "Disconnected",
  failed: "Connection failed",
  connect: "Connect",
  retry: "Retry",
  retry_now: "Retry now",
  because: "{0}: {1}",
  debug: "Debug",
  info: "Info",
  success: "Success",
};

export type Word = keyof typeof EN;

const JA: Record<Word, string> = {
  loading: "読み込み中",
  no_data: "データ待ち",
  live: "受信中",
  stale: "最終データ {0}前",
  no_new_data: "更新なし",
  quiet_why: "通常は{0}以内にデータが届きます",
  missing: "欠落あり",
  paused: "一時停止中",
  error: "エラー",
  kernel_gone: "カーネル応答なし",
  kernel_ended: "カーネル停止：セルを再実行してください",
  not_drawn: "描画できませんでした。ページを再読み込みするか、セルを再実行してください。（{0}）",
  pause: "一時停止",
  resume: "再開",
  pause_named: "{0} を一時停止",
  resume_named: "{0} を再開",
  named: "{0}：{1}",
  warning: "警告",
  normal: "正常",
  unit_d: "日",
  unit_h: "時間",
  unit_min: "分",
  unit_s: "秒",
  says: "{0}：{1}",
  others: "他{0}件",
  and_value: "{0}、{1}",
  chart: "グラフ",
  metric: "指標",
  events: "イベントログ",
  connection: "接続",
  dashboard: "ダッシュボード",
  notifications: "通知",
  chat: "チャット",
  hide: "{0} を隠す",
  show: "{0} を表示",
  only_this: "{0}（ダブルクリックまたは Shift でこの系列のみ）",
  lines: "系列",
  by_value: "値の順に並べ替え",
  more_lines: "… 他 {0} 件",
  last: "最新",
  min: "最小",
  max: "最大",
  mean: "平均",
  table: "値の表",
  time: "時刻",
  newest_rows: "全 {1} 行のうち新しい {0} 行",
  from_to: "{0} ～ {1}",
  line_summary: "{0}: {1}（{2} ～ {3}）",
  line_value: "{0} {1}",
  pause_all: "すべて一時停止",
  resume_all: "すべて再開",
  pause_all_named: "すべて一時停止：{0}",
  resume_all_named: "すべて再開：{0}",
  connecting: "接続中…",
  connected: "接続済み",
  unreadable: "接続済み（データを解読できません）",
  reconnecting: "再接続中…",
  attempt: "再接続中（{0}回目）…",
  attempt_in: "再接続（{0}回目）まで{1}秒",
  disconnected: "切断済み",
  failed: "接続失敗",
  connect: "接続",
  retry: "再試行",
  retry_now: "今すぐ再試行",
  because: "{0}（{1}）",
  debug: "デバッグ",
  info: "情報",
  success: "成功",
};

/** The words of one part of the front end by language, for tests that compare them. */
export interface Tables<W extends string> {
  en: Record<W, string>;
  ja: Record<W, string>;
}

export const TABLES: Tables<Word> = { en: EN, ja: JA };

/** The language that we speak to a reader of this locale: `en` or `ja`. */
export function languageOf(locale: string): "en" | "ja" {
  return /^ja\b/i.test(locale) ? "ja" : "en";
}

/** Makes the function that returns the words of a locale from tables, with details in their places; English where we have none. */
export function vocabulary<W extends string>(
  tables: Tables<W>,
): (locale: string) => (word: W, ...details: string[]) => string {
  return (locale) => {
    const table = tables[languageOf(locale)];
    return (word, ...details) => table[word].replace(/\{(\d)\}/g, (_, place) => details[place] ?? "");
  };
}

/** The words that all widgets share; what only one kind says stands in tables of its own, in the code of that kind. */
export const words = vocabulary(TABLES);
