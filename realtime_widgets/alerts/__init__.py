"""Alerts: conditions on streams that tell when they begin and end, whether anything is displayed or not.

`threshold` and `absence` hold the public classes. `limits` says which values reach a threshold, `crossing` when that
becomes an event, record by record, `crossing_track` on a stream; `follower` reads one in time for all of them, who
share each `look`, `memory` has what was found on it until now, `telling` who is told, and `alert` what both share.
"""
