"""Streams: bounded histories of numbered records, with their input and output.

`stream` holds the public class. Records enter through `intake`, are kept by `ring` in `columns`, and are read as a
`batch`; `buffer` delivers batches to users' functions, and `store` keeps streams by name.
"""

from .batch import Batch
from .stream import Stream

__all__ = ["Batch", "Stream"]
