"""`python -m pressrun`: the command line."""

import sys

from pressrun.cli import main

sys.exit(main())
