"""Feeds: what a widget says of its streams, prepared for the browser; pure, told the time."""
