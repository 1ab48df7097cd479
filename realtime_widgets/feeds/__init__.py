"""Feeds: the data of widgets, prepared for the browser; pure, with the time as an argument."""
