// Words: those that only notifications say.

import { type Tables, vocabulary } from "../text/words";

const EN = {
  unread: "{0} unread",
  is_unread: "Unread",
  history: "History",
  read_all: "Mark all as read",
  clear: "Clear all",
  quiet: "Do not disturb",
  none: "No notifications",
  none_new: "Nothing new",
  none_of_type: "None of these",
  in_history: "{0} in the history",
  more: "+{0} more",
  fewer: "Show fewer",
  away: "{0} came while you were away",
  show_all: "Show all",
  cleared: "{0} cleared",
  undo: "Undo",
  dismiss: "Dismiss: {0}",
  remove: "Remove from the history: {0}",
  details: "Details",
  too_long: "The address is too long for a link",
  ago: "{0} ago",
  now: "now",
  times: "{0} times",
  types: "Types",
  older: "… {0} older not shown",
  fresh: "{0} new notifications",
  item: "{0}: {1}",
  going_on: "In progress",
};

export type NoticeWord = keyof typeof EN;

const JA: Record<NoticeWord, string> = {
  unread: "未読 {0} 件",
  is_unread: "未読",
  history: "履歴",
  read_all: "すべて既読にする",
  clear: "すべて消去",
  quiet: "通知を一時停止",
  none: "通知はありません",
  none_new: "新着はありません",
  none_of_type: "該当する通知はありません",
  in_history: "履歴 {0} 件",
  more: "他 {0} 件",
  fewer: "折りたたむ",
  away: "離席中に {0} 件届きました",
  show_all: "すべて表示",
  cleared: "{0} 件を消去しました",
  undo: "元に戻す",
  dismiss: "閉じる：{0}",
  remove: "履歴から削除：{0}",
  details: "詳細",
  too_long: "アドレスが長すぎるためリンクにできません",
  ago: "{0}前",
  now: "たった今",
  times: "{0} 回",
  types: "種類",
  older: "… 以前の {0} 件は省略",
  fresh: "新しい通知 {0} 件",
  item: "{0}：{1}",
  going_on: "進行中",
};

export const TABLES: Tables<NoticeWord> = { en: EN, ja: JA };

/** The words of a locale. */
export const noticeWords = vocabulary(TABLES);
