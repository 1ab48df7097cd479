"""The last hop, from the kernel to the browser pages and back: one frame for all widgets, and nothing lost unseen."""
