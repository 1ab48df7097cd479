// Words: those that the input of a chat says.

import { type Tables, vocabulary } from "../text/words";

const EN = {
  message: "Message",
  placeholder: "Write a message",
  send: "Send",
  attach: "Attach files",
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
  full: "メッセージは {0} 文字までです",
  too_long: "{0} 文字超過しています",
  not_sent: "送信待ちのメッセージが多すぎるため、送信できませんでした",
};

export const TABLES: Tables<ComposerWord> = { en: EN, ja: JA };

/** The words of a locale. */
export const composerWords = vocabulary(TABLES);
