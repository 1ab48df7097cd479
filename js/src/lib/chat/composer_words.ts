// Words: those that the input of a chat says.

import { type Tables, vocabulary } from "../text/words";

const EN = {
  message: "Message",
  placeholder: "Write a message",
  send: "Send",
  attach: "Attach files",
  files: "Attached files",
  remove: "Remove {0}",
  empty: "{0} is empty.",
  too_large: "{0} has {1}, and {2} is the most.",
  too_many: "{0} files at a time are the most.",
  unreadable: "{0} cannot be read.",
  full: "The longest message has {0} characters",
  too_long: "{0} characters too many",
  not_sent: "Not sent: too many messages are waiting",
};

export type ComposerWord = keyof typeof EN;

const JA: Record<ComposerWord, string> = {
  message: "メッセージ",
  placeholder: "メッセージを入力",
  send: "送信",
  attach: "ファイルを添付",
  files: "添付ファイル",
  remove: "{0} を外す",
  empty: "{0} は空のファイルです。",
  too_large: "{0} は {1} です。送信できるのは {2} までです。",
  too_many: "一度に添付できるのは {0} 件までです。",
  unreadable: "{0} を読み取れません。",
  full: "メッセージは {0} 文字までです",
  too_long: "{0} 文字超過しています",
  not_sent: "送信待ちのメッセージが多すぎるため、送信できませんでした",
};

export const TABLES: Tables<ComposerWord> = { en: EN, ja: JA };

/** The words of a locale. */
export const composerWords = vocabulary(TABLES);
