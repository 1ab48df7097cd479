// Evaluate: runs code that came as text, as a module of the page.

// biome-ignore lint/suspicious/noExplicitAny: what a module exports is known to who asks for it
export type Evaluate = (code: string) => Promise<any>;

export const evaluate: Evaluate = async (code) => {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
};
