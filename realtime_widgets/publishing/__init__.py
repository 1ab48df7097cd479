"""Publishing from programs without a notebook: records are queued at once, and sent to a hub in the background.

Data goes `publisher` → `values` (a record becomes JSON) → `outgoing` (what waits, what goes next, and when: pure) →
`sender` (a thread) → `posting` (one request) → `answers` (what the hub said).
"""
