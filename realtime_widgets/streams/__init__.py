"""Streams: bounded histories of numbered records, and everything that goes into them and comes out of them.

`stream` is the front door. A record comes in through `intake`, is kept by `ring` in `columns`, and is read as a
`batch`; `buffer` delivers batches to users' functions, and `store` keeps streams by name.
"""

from .batch import Batch
from .stream import Stream

__all__ = ["Batch", "Stream"]
