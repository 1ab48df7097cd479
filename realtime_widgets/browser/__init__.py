"""The last hop between kernel and browser pages: one frame for all widgets, and every loss detected and repaired."""
