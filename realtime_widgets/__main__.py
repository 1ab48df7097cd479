"""`python -m realtime_widgets` is the `realtime-widgets` command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
