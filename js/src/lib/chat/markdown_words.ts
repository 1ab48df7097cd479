// Words: those that a text in Markdown says of itself.

import { type Tables, vocabulary } from "../text/words";

const EN = {
  copy: "Copy",
  copy_code: "Copy code",
  copied: "Copied",
  not_copied: "Could not copy",
  code: "Code",
  code_in: "Code: {0}",
  table: "Table",
  done: "Done",
  to_do: "To do",
  image: "Image: {0}",
};

export type MarkdownWord = keyof typeof EN;

const JA: Record<MarkdownWord, string> = {
  copy: "コピー",
  copy_code: "コードをコピー",
  copied: "コピーしました",
  not_copied: "コピーできません",
  code: "コード",
  code_in: "コード：{0}",
  table: "表",
  done: "完了",
  to_do: "未完了",
  image: "画像：{0}",
};

export const TABLES: Tables<MarkdownWord> = { en: EN, ja: JA };

export type SayMarkdown = (word: MarkdownWord, ...details: string[]) => string;

/** The words of a locale. */
export const markdownWords: (locale: string) => SayMarkdown = vocabulary(TABLES);
